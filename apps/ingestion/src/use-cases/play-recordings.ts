// SPDX-License-Identifier: Apache-2.0
// Invariant: the cursor of a recording advances only over items that Kafka acknowledged, and only by the process that
// holds the lease. After a crash the last chunk is played again, and its items are recognised.
import { rootId } from '@nervus/contracts';
import { asError } from '@nervus/messaging';
import { OwnIdentity, ServiceClock, ServiceLogger, Sweeps } from '@nervus/service-kit';
import { JsonError, parseStrictJson } from '@nervus/trust';
import { Injectable } from '@nestjs/common';
import { asRecordedItem, bodyBounds, type InboundEvent, recordedItemEvent, sourceKey, type SourceOf } from '@nervus/sources';
import { IngestionMetrics } from '../adapters/ingestion-metrics.js';
import { IngestionStores } from '../adapters/ingestion-stores.js';
import { type RecordedLine, RecordingFiles } from '../adapters/recording-files.js';
import { advanceRecording, claimRecording, letGoOfRecording, type RecordingCursor } from '../domain/recording-cursor.js';
import { Sources } from '../domain/sources.js';
import { AcceptItems } from './accept-items.js';

/** Lines played at once, at most; fewer where that is what a second plays. */
const mostLines = 500;
const acknowledgeMs = 8_000;
/** A process that does not hold the lease looks again after this time. */
const lookAgainMs = 2_000;

interface Known {
  /** Milliseconds since the epoch. */
  lookAt: number;
  playing: boolean;
  failing: boolean;
}

/** Recorded feeds are played once from beginning to end, at the rate of their manifest. */
@Injectable()
export class PlayRecordings {
  private readonly known = new Map<SourceOf<'recording'>, Known>();

  constructor(
    private readonly sources: Sources,
    sweeps: Sweeps,
    private readonly files: RecordingFiles,
    private readonly stores: IngestionStores,
    private readonly acceptItems: AcceptItems,
    private readonly identity: OwnIdentity,
    private readonly clock: ServiceClock,
    private readonly metrics: IngestionMetrics,
    private readonly logger: ServiceLogger,
  ) {
    sources.follow('recording', (source) => {
      this.known.set(source, { lookAt: 0, playing: false, failing: false });
      return sweeps.every(`play-${sourceKey(source)}`, (chunkOf(source) / source.spec.config.perSecond) * 1000, () => this.playNext(source));
    });
  }

  /** Plays the next chunk, if this process is the one that plays. */
  async playNext(source: SourceOf<'recording'>): Promise<void> {
    const known = this.known.get(source);
    if (!known || known.lookAt > this.clock.now()) return;
    const { file } = source.spec.config;
    const holder = this.identity.epoch;
    try {
      const hash = await this.files.hashOf(file);
      const cursor = await this.apply(source, (current) => claimRecording(current, hash, holder, this.clock.now()));
      known.playing = !cursor?.ended && cursor?.lease?.holder === holder;
      if (!cursor || !known.playing) {
        known.lookAt = cursor?.ended ? Number.POSITIVE_INFINITY : this.clock.now() + lookAgainMs;
        return;
      }
      const most = chunkOf(source);
      const lines = await this.files.linesFrom(file, cursor.position, most);
      await this.acceptItems.accept(source, this.eventsOf(source, lines, cursor.lines), acknowledgeMs);
      const chunk = { position: lines.at(-1)?.next ?? cursor.position, lines: lines.length, ended: lines.length < most };
      await this.apply(source, (current) => advanceRecording(current, holder, chunk, this.clock.now()));
      if (known.failing) this.logger.info({ source: source.name, tenant: source.tenant }, 'the recording plays on');
      known.failing = false;
      if (chunk.ended) this.logger.info({ source: source.name, tenant: source.tenant, lines: cursor.lines + lines.length }, 'the recording was played to its end');
    } catch (error) {
      // Told once until it works again.
      if (!known.failing) this.logger.warn({ err: error, code: 'recording_stopped', source: source.name, tenant: source.tenant, reason: asError(error).message }, 'the recording cannot be played on now; it is tried again');
      known.failing = true;
    }
  }

  /** Gives up what this process plays, so that the next one need not wait for it. Never rejects. */
  async letGo(): Promise<void> {
    const playing = this.sources.ofKind('recording').filter((source) => this.known.get(source)?.playing);
    await Promise.allSettled(playing.map((source) => this.apply(source, (current) => letGoOfRecording(current, this.identity.epoch))));
  }

  private eventsOf(source: SourceOf<'recording'>, lines: readonly RecordedLine[], before: number): InboundEvent[] {
    return lines.flatMap(({ bytes }, index) => {
      if (bytes.length === 0) return [];
      const item = asRecordedItem(parsed(bytes));
      if (item) return [recordedItemEvent(item, source.spec.config.file, bytes)];
      this.metrics.rejected(source.name, 400, 'line_invalid');
      this.logger.warn({ code: 'line_invalid', source: source.name, tenant: source.tenant, line: before + index + 1 }, 'a line of the recording is no JSON object with an id, and is left out');
      return [];
    });
  }

  private async apply(source: SourceOf<'recording'>, change: (current: RecordingCursor | undefined) => RecordingCursor | 'unchanged'): Promise<RecordingCursor | undefined> {
    const applied = await this.stores.recordings.apply(sourceKey(source), rootId(this.clock.now()), (current) => {
      const state = change(current);
      return state === 'unchanged' ? state : { state, events: [] };
    });
    return applied.state;
  }
}

const chunkOf = (source: SourceOf<'recording'>): number => Math.min(mostLines, Math.max(1, Math.round(source.spec.config.perSecond)));

function parsed(bytes: Buffer): unknown {
  try {
    return parseStrictJson(bytes, { ...bodyBounds, bigIntegers: 'text' });
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
