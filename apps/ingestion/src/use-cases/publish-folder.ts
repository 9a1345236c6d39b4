// SPDX-License-Identifier: Apache-2.0
import { rootId, type SourceChanged } from '@nervus/contracts';
import { ServiceClock, Sweeps } from '@nervus/service-kit';
import { sourceKey } from '@nervus/sources';
import { Injectable } from '@nestjs/common';
import { FolderSources } from '../adapters/folder-sources.js';
import { goneFromFiles, standByFiles } from '../domain/source-state.js';
import { ChangeSource } from './change-source.js';
import { StandAsPublished } from './stand-as-published.js';

const tryEveryMs = 1_000;

/** Once after a start: what stands in the folder is published, so that it is listed and can be paused. */
@Injectable()
export class PublishFolder {
  constructor(
    private readonly folder: FolderSources,
    private readonly change: ChangeSource,
    private readonly standing: StandAsPublished,
    private readonly clock: ServiceClock,
    sweeps: Sweeps,
  ) {
    const end = sweeps.every('publish-folder', tryEveryMs, async () => {
      await this.publish();
      end();
    });
  }

  /** @throws UnavailableError when the database is away: to be tried again */
  async publish(): Promise<void> {
    const at = this.clock.instant();
    for (const source of this.folder.all()) await this.one(sourceKey(source), (current) => standByFiles(current, source, at));
    const gone = [...this.standing.published.entries()].filter(([key, { managedBy, state }]) => managedBy === 'files' && state === 'standing' && !this.folder.get(key));
    for (const [key] of gone) await this.one(key, (current) => goneFromFiles(current, at));
  }

  private async one(key: string, decide: (current: SourceChanged | undefined) => SourceChanged | undefined): Promise<void> {
    await this.change.apply(key, rootId(this.clock.now()), undefined, decide);
  }
}
