// SPDX-License-Identifier: Apache-2.0
import type { SourceChanged } from '@nervus/contracts';
import type { AggregateStore } from '@nervus/messaging';
import { Stores } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { FeedCursor } from '../domain/feed-cursor.js';
import type { EventMemory } from '../domain/memory.js';
import type { ScheduleCursor } from '../domain/schedule-cursor.js';
import type { RecordingCursor } from '../domain/recording-cursor.js';

/** What ingestion keeps, one collection each. */
@Injectable()
export class IngestionStores {
  /** By tenant, source and hash of the event's key: what was accepted, for as long as a repeat may come. */
  readonly events: AggregateStore<EventMemory>;
  /** As last published, by tenant and source. */
  readonly sources: AggregateStore<SourceChanged>;
  /** By tenant and source. */
  readonly feeds: AggregateStore<FeedCursor>;
  /** By tenant and source. */
  readonly schedules: AggregateStore<ScheduleCursor>;
  /** By tenant and source. */
  readonly recordings: AggregateStore<RecordingCursor>;

  constructor(stores: Stores) {
    this.events = stores.collection({ name: 'events', expires: (memory) => memory.forgetAt, settled: () => true });
    this.sources = stores.collection({ name: 'sources' });
    this.feeds = stores.collection({ name: 'feeds' });
    this.schedules = stores.collection({ name: 'schedules' });
    this.recordings = stores.collection({ name: 'recordings' });
  }
}
