// SPDX-License-Identifier: Apache-2.0
// Invariant: a key signs ordinary records only after it was seen in identity.workloads, so that no consumer meets a kid
// that nobody introduced; and a new key is adopted before the old one ends, so that there is never a moment without.
import type { DataOf, ownTopics } from '@nervus/contracts';
import type { OutgoingEvent, Publisher } from '@nervus/messaging';
import { type Workload, type WorkloadDirectory, WorkloadKey } from '@nervus/trust';
import type { Logger } from 'pino';
import type { OwnIdentity } from './own-identity.js';
import type { ServiceClock } from './service-clock.js';

type CommandAnswered = DataOf<ReturnType<typeof ownTopics>['CommandAnswered']>;

/** Makes the record with which a process makes a new key known. */
export interface Introducer {
  /**
   * @param key the new key, which signs the record
   * @param current the key in force, at a renewal
   */
  introduce(key: WorkloadKey, current: WorkloadKey | undefined): Promise<OutgoingEvent>;
}

/** identity will not have this process: it must end and say why. */
export class EnrolmentRefused extends Error {
  override readonly name = 'EnrolmentRefused';
  readonly retryable = false;
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`identity refused to enrol this process (${code}): ${detail}`);
  }
}

export interface KeyKeeperOptions {
  readonly identity: OwnIdentity;
  readonly directory: WorkloadDirectory;
  readonly publisher: Publisher;
  readonly introducer: Introducer;
  readonly clock: ServiceClock;
  readonly logger: Logger;
  /** Milliseconds after which a key is renewed; 0 means half of its life, less up to a tenth. */
  readonly renewAfterMs: number;
  readonly random: () => number;
  /** Notes which key signs from now on, before it signs its first record. */
  readonly beforeSigning: (kid: string) => Promise<void>;
  /** A renewal was refused, or the key ended without one. */
  readonly onFatal: (error: Error) => void;
}

/** Milliseconds after which an enrolment that nobody answered is published again. */
const askAgainMs = 10_000;

/** Enrols the process, renews its key at half its life, and ends the process when identity refuses. */
export class KeyKeeper {
  private waiting: { readonly kid: string; readonly commandIds: Set<string>; settle: (outcome: Workload | EnrolmentRefused) => void } | undefined;
  private cancelRenewal: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly options: KeyKeeperOptions) {}

  /** Makes a key, makes it known and adopts it. Waits as long as identity is away. @throws EnrolmentRefused */
  async enrol(): Promise<void> {
    await this.introduceKey(undefined);
    this.scheduleRenewal();
  }

  /** A workload key came into the directory. */
  onWorkload(kid: string): void {
    const workload = this.waiting?.kid === kid ? this.options.directory.find(kid) : undefined;
    if (workload) this.waiting?.settle(workload);
  }

  /** An answer of identity came by. */
  onAnswer(answer: CommandAnswered): void {
    if (this.waiting?.commandIds.has(answer.commandId) && answer.status >= 400) this.waiting.settle(new EnrolmentRefused(answer.code, answer.detail));
  }

  stop(): void {
    this.stopped = true;
    this.cancelRenewal?.();
  }

  private async introduceKey(current: WorkloadKey | undefined): Promise<void> {
    const { identity, logger } = this.options;
    const key = WorkloadKey.generate();
    await this.options.beforeSigning(key.kid);
    const outcome = await this.ask(key, current);
    if (outcome instanceof EnrolmentRefused) throw outcome;
    identity.adopt(key, outcome.notAfter);
    logger.info({ kid: key.kid, notAfter: new Date(outcome.notAfter).toISOString() }, current ? 'workload key renewed' : 'enrolled');
  }

  private ask(key: WorkloadKey, current: WorkloadKey | undefined): Promise<Workload | EnrolmentRefused> {
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const waiting = {
        kid: key.kid,
        commandIds: new Set<string>(),
        settle: (outcome: Workload | EnrolmentRefused) => {
          cancel();
          this.waiting = undefined;
          resolve(outcome);
        },
      };
      this.waiting = waiting;
      const publish = async (): Promise<void> => {
        const event = await this.options.introducer.introduce(key, current);
        waiting.commandIds.add(event.id);
        await this.options.publisher.publish([event], { signer: key, notAfter: Infinity });
        if (this.waiting !== waiting) return;
        cancel = this.options.clock.after(askAgainMs, () => {
          if (this.waiting !== waiting || this.stopped) return;
          this.options.logger.warn({ code: 'enrolment_unanswered' }, 'identity has not answered the enrolment yet; asking again');
          publish().catch(reject);
        });
      };
      publish().catch(reject);
    });
  }

  private scheduleRenewal(): void {
    const { identity, clock, renewAfterMs, random, onFatal, logger } = this.options;
    const life = Math.max(0, (identity.signingKey?.notAfter ?? 0) - clock.now());
    const wait = renewAfterMs > 0 ? renewAfterMs : (life / 2) * (0.9 + 0.1 * random());
    this.cancelRenewal = clock.after(wait, () => {
      if (this.stopped) return;
      this.introduceKey(identity.key).then(
        () => this.scheduleRenewal(),
        (error: unknown) => {
          if (error instanceof EnrolmentRefused) onFatal(error);
          else {
            logger.error({ err: error, code: 'renewal_failed' }, 'the workload key could not be renewed; trying again');
            this.cancelRenewal = clock.after(5_000, () => this.scheduleRenewal());
          }
        },
      );
    });
  }
}
