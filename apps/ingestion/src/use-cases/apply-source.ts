// SPDX-License-Identifier: Apache-2.0
import { SourceApplyRequested, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { AnswerCommand, ServiceClock } from '@nervus/service-kit';
import { checkSource, isPushed, type Source, sourceKey } from '@nervus/sources';
import { SecretFiles } from '../adapters/secret-files.js';
import { applySource, type Verdict } from '../domain/source-state.js';
import { IngestionStores } from '../adapters/ingestion-stores.js';
import { ChangeSource } from './change-source.js';

/** A person applies the manifest of a source. */
@UseCase()
export class ApplySource {
  constructor(
    private readonly change: ChangeSource,
    private readonly stores: IngestionStores,
    private readonly secrets: SecretFiles,
    private readonly answers: AnswerCommand,
    private readonly clock: ServiceClock,
  ) {}

  @On(topics.console.commands, SourceApplyRequested)
  async handle(event: Received<SourceApplyRequested>): Promise<void> {
    const { status, code, detail } = await this.verdictOn(event);
    await this.answers.say(event, status, code, detail);
  }

  private async verdictOn(event: Received<SourceApplyRequested>): Promise<Omit<Verdict, 'changed'>> {
    const { manifest, dryRun, reason, by } = event.data;
    const checked = checkSource(manifest);
    if ('faults' in checked) return { status: 422, code: 'manifest_invalid', detail: checked.faults.slice(0, 10).map(({ pointer, message }) => `${pointer} ${message}`).join('; ') };
    const { source } = checked;
    if (source.tenant !== event.tenant) return { status: 404, code: 'tenant_unknown', detail: `The manifest is of the tenant ${source.tenant}, the command of another.` };
    const { spec } = source;
    const secrets = isPushed(spec) && spec.auth.kind !== 'none' ? this.secrets.faultsOf(spec.auth) : [];
    if (secrets.length > 0) return { status: 422, code: 'secret_unreadable', detail: secrets.map(({ message }) => message).join('; ') };
    const change = { by: `${by.account.issuer}/${by.account.subject}`, reason, at: this.clock.instant() };
    if (dryRun) return applySource((await this.stores.sources.read(sourceKey(source)))?.state, source, change);
    return this.applied(event, source, change);
  }

  private async applied(event: Received<SourceApplyRequested>, source: Source, change: Parameters<typeof applySource>[2]): Promise<Omit<Verdict, 'changed'>> {
    let verdict: Verdict | undefined;
    const { state } = await this.change.apply(sourceKey(source), event.id, event, (current) => {
      verdict = applySource(current, source, change);
      return verdict.changed;
    });
    return verdict ?? { status: 200, code: 'accepted', detail: `${source.name} stands, as version ${state?.version}.` };
  }
}
