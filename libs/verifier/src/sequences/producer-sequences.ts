// SPDX-License-Identifier: Apache-2.0
// Every producing process numbers its records densely from 0, over all topics that it writes (`<epoch>.<n>`). Which
// numbers the log holds therefore shows what is missing from it. Partitions are read at their own pace, so a hole means
// nothing by itself: who keeps a log says when it has read far enough to call a hole a gap.
import { type NumberRange, NumberSet } from './number-set.js';

/** What a heartbeat says about sequences. */
export interface HeartbeatFacts {
  readonly epoch: string;
  readonly state: 'opened' | 'beating' | 'closed';
  readonly ackedThrough: number;
  readonly sealed: readonly { readonly epoch: string }[];
}

/** A hole in the numbers of one process. */
export interface Gap extends NumberRange {
  /** SPIFFE ID. */
  readonly producer: string;
  readonly epoch: string;
  /**
   * `recovered`: a successor drained the outbox of the dead process and then declared its epoch dead, and the numbers lie
   * above what Kafka had acknowledged: they were never records. `open`: anything else.
   */
  readonly state: 'open' | 'recovered';
}

/** What is known of one producing process. */
export interface EpochState {
  readonly producer: string;
  readonly epoch: string;
  readonly highest: number;
  readonly watermark: number;
  readonly ackedThrough: number;
  /** `open` may still write, `closed` said that it would not, `sealed` is dead. */
  readonly state: 'open' | 'closed' | 'sealed';
  /** True after two different records under one number. */
  readonly equivocated: boolean;
}

const chunkSize = 256;

class Epoch {
  readonly numbers = new NumberSet();
  ackedThrough = -1;
  state: EpochState['state'] = 'open';
  equivocated = false;
  /** Index + 1 in the log by number; 0 where there is none. */
  private readonly chunks = new Map<number, Float64Array>();

  constructor(
    readonly producer: string,
    readonly epoch: string,
  ) {}

  indexOf(n: number): number | undefined {
    const stored = this.chunks.get(Math.floor(n / chunkSize))?.[n % chunkSize] ?? 0;
    return stored === 0 ? undefined : stored - 1;
  }

  remember(n: number, index: number): void {
    const at = Math.floor(n / chunkSize);
    let chunk = this.chunks.get(at);
    if (!chunk) this.chunks.set(at, (chunk = new Float64Array(chunkSize)));
    chunk[n % chunkSize] = index + 1;
  }

  describe(): EpochState {
    const { producer, epoch, numbers, ackedThrough, state, equivocated } = this;
    return { producer, epoch, highest: numbers.highest, watermark: numbers.watermark, ackedThrough, state, equivocated };
  }
}

/** The numbers of all producers, by process. */
export class ProducerSequences {
  private readonly epochs = new Map<string, Epoch>();

  /** Index of the entry that holds this number. */
  indexOf(producer: string, epoch: string, n: number): number | undefined {
    return this.find(producer, epoch)?.indexOf(n);
  }

  /**
   * Notes that the log holds this number at this index. `known`: it held it before, at the index that indexOf gives.
   * `scattered`: the process leaves more holes than any honest one does; the number is not followed.
   */
  place(producer: string, epoch: string, n: number, index: number): 'placed' | 'known' | 'scattered' {
    const process = this.of(producer, epoch);
    const added = process.numbers.add(n);
    if (added !== 'added') return added === 'present' ? 'known' : 'scattered';
    process.remember(n, index);
    return 'placed';
  }

  /** Takes in a heartbeat of that producer. A process speaks for its own epoch, and for dead ones of its own service. */
  beat(producer: string, heartbeat: HeartbeatFacts): void {
    const process = this.of(producer, heartbeat.epoch);
    process.ackedThrough = Math.max(process.ackedThrough, heartbeat.ackedThrough);
    if (heartbeat.state === 'closed' && process.state === 'open') process.state = 'closed';
    for (const { epoch } of heartbeat.sealed) if (epoch !== heartbeat.epoch) this.of(producer, epoch).state = 'sealed';
  }

  /** Two different records were seen under one number of this process. */
  equivocated(producer: string, epoch: string): void {
    this.of(producer, epoch).equivocated = true;
  }

  /** The process, or undefined when nothing of it was seen. */
  stateOf(producer: string, epoch: string): EpochState | undefined {
    return this.find(producer, epoch)?.describe();
  }

  /** Whether numbers of this process are missing and not recovered. */
  isBroken(producer: string, epoch: string): boolean {
    const process = this.find(producer, epoch);
    return process !== undefined && process.numbers.broken && gapsOf(process).some(({ state }) => state === 'open');
  }

  *states(): Generator<EpochState> {
    for (const process of this.epochs.values()) yield process.describe();
  }

  /** All holes, process by process. */
  gaps(): Gap[] {
    return [...this.epochs.values()].flatMap(gapsOf);
  }

  private find(producer: string, epoch: string): Epoch | undefined {
    return this.epochs.get(nameOf(producer, epoch));
  }

  private of(producer: string, epoch: string): Epoch {
    const name = nameOf(producer, epoch);
    let process = this.epochs.get(name);
    if (!process) this.epochs.set(name, (process = new Epoch(producer, epoch)));
    return process;
  }
}

function gapsOf({ producer, epoch, numbers, state, ackedThrough }: Epoch): Gap[] {
  return numbers.holes().flatMap(({ from, to }) => {
    // What Kafka acknowledged was a record, whoever died afterwards; only what lies above may never have been one.
    const open = state === 'sealed' ? { from, to: Math.min(to, ackedThrough) } : { from, to };
    const recovered = { from: Math.max(from, open.to + 1), to };
    const gaps: Gap[] = [];
    if (open.from <= open.to) gaps.push({ producer, epoch, ...open, state: 'open' });
    if (recovered.from <= recovered.to) gaps.push({ producer, epoch, ...recovered, state: 'recovered' });
    return gaps;
  });
}

const nameOf = (producer: string, epoch: string): string => `${producer} ${epoch}`;
