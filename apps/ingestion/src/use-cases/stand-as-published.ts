// SPDX-License-Identifier: Apache-2.0
// Invariant: a source stands in every process of ingestion as it was last published, except that the folder of a process
// alone says what manifest a source of that folder has.
import { SourceChanged } from '@nervus/contracts';
import { Tables, VersionedTable } from '@nervus/messaging';
import { ServiceLogger } from '@nervus/service-kit';
import { isPushed, type Source, sourceKey } from '@nervus/sources';
import { Injectable } from '@nestjs/common';
import { FolderSources } from '../adapters/folder-sources.js';
import { SecretFiles } from '../adapters/secret-files.js';
import { sourceOf } from '../domain/source-state.js';
import { Sources } from '../domain/sources.js';

/** Sources that commands changed come into force in every process, without a restart. */
@Injectable()
export class StandAsPublished {
  /** As last published. */
  readonly published = new VersionedTable<string, SourceChanged>();

  constructor(
    private readonly sources: Sources,
    private readonly folder: FolderSources,
    private readonly secrets: SecretFiles,
    private readonly logger: ServiceLogger,
    tables: Tables,
  ) {
    tables.on(SourceChanged, ({ key, data }) => {
      if (this.published.set(key, data.version, data)) this.follow(key, data);
    });
  }

  private follow(key: string, changed: SourceChanged): void {
    const inFolder = this.folder.get(key);
    if (inFolder) {
      if (this.sources.isPaused(inFolder) !== changed.paused) this.put(inFolder, changed);
    } else if (changed.state === 'removed' || changed.managedBy === 'files') this.sources.remove(key);
    else this.standApplied(changed);
  }

  private standApplied(changed: SourceChanged): void {
    const source = sourceOf(changed);
    if (source) return this.put(source, changed);
    // Applied by a newer release than this one: what stood before, if anything, goes on.
    this.logger.error({ code: 'source_not_understood', source: changed.name, tenant: changed.tenant, version: changed.version }, 'a source was applied that this release does not understand; it is left as it was');
  }

  private put(source: Source, { paused, by, reason, version }: SourceChanged): void {
    const { spec } = source;
    const missing = isPushed(spec) && spec.auth.kind !== 'none' ? this.secrets.want(spec.auth) : [];
    for (const error of missing) this.logger.error({ err: error, code: 'secret_unreadable', source: source.name, tenant: source.tenant }, 'a secret of an applied source cannot be read: what it signs is refused until it can');
    this.sources.put(source, paused);
    this.logger.info({ source: source.name, tenant: source.tenant, key: sourceKey(source), paused, version, by, reason }, 'a source changed');
  }
}
