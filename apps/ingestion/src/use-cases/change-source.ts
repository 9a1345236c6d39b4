// SPDX-License-Identifier: Apache-2.0
import { SourceChanged } from '@nervus/contracts';
import type { Applied, Received } from '@nervus/messaging';
import { Events } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { IngestionStores } from '../adapters/ingestion-stores.js';

/** The one writer of a source's document: the new state and what is published of it are one write. */
@Injectable()
export class ChangeSource {
  constructor(
    private readonly stores: IngestionStores,
    private readonly events: Events,
  ) {}

  /**
   * @param cause the command; undefined where the folder of sources is the cause
   * @param decide what is to be published; undefined changes nothing
   */
  apply(key: string, eventId: string, cause: Received<unknown> | undefined, decide: (current: SourceChanged | undefined) => SourceChanged | undefined): Promise<Applied<SourceChanged>> {
    return this.stores.sources.apply(key, eventId, (current) => {
      const changed = decide(current);
      if (!changed) return 'unchanged';
      const about = { key: changed.name, data: changed, tenant: changed.tenant };
      return { state: changed, events: [cause ? this.events.of(SourceChanged, { ...about, cause, purpose: 'source' }) : this.events.of(SourceChanged, { ...about, id: eventId })] };
    });
  }
}
