// SPDX-License-Identifier: Apache-2.0
import { atPointer, DiscardRequested, Name, RedriveRequested, ReplayRequested, ResumeRequested, SourceApplyRequested, SourcePauseRequested, StopRequested, VerdictGiven } from '@nervus/contracts';
import { eventOf, type NewEvent, type OutgoingEvent, PermanentError } from '@nervus/messaging';
import { ServiceClock } from '@nervus/service-kit';
import { digestOf } from '@nervus/trust';
import { Injectable } from '@nestjs/common';
import { Value } from 'typebox/value';
import { Answers } from '../adapters/answers.js';
import { ConsoleMetrics } from '../adapters/console-metrics.js';
import { ReadModels } from '../adapters/read-models.js';
import { type CommandAnswer, commandIdOf, type CommandState, rememberMs } from '../domain/command.js';
import { Problem } from '../domain/problem.js';
import type { Visitor } from '../domain/session.js';

/** Milliseconds that a caller waits for the answer; after that it looks later. */
const waitMs = 2_000;

export interface GivenCommand {
  readonly commandId: string;
  /** Undefined while nobody has answered. */
  readonly answer: CommandAnswer | undefined;
}

/** What a person asks for: the content of a command without who gives it. */
export type Wish =
  | { readonly kind: 'verdict'; readonly requestId: string; readonly data: Omit<VerdictGiven, 'commandId' | 'requestId' | 'by'> }
  | { readonly kind: 'stop'; readonly data: Omit<StopRequested, 'commandId' | 'by'> }
  | { readonly kind: 'resume'; readonly stopId: string; readonly data: Omit<ResumeRequested, 'commandId' | 'stopId' | 'by'> }
  | { readonly kind: 'redrive' | 'discard'; readonly data: Omit<RedriveRequested, 'commandId' | 'by'> }
  | { readonly kind: 'replay'; readonly data: Omit<ReplayRequested, 'commandId' | 'by'> }
  | { readonly kind: 'apply-source'; readonly data: Omit<SourceApplyRequested, 'commandId' | 'by'> }
  | { readonly kind: 'pause-source'; readonly data: Omit<SourcePauseRequested, 'commandId' | 'by'> };

/**
 * A person decides, stops, resumes, or has records handled again: the command is stored with its event in one document and
 * published once, however often the button is pressed; the service that it is for says what it is worth.
 */
@Injectable()
export class GiveCommand {
  constructor(
    private readonly models: ReadModels,
    private readonly answers: Answers,
    private readonly clock: ServiceClock,
    private readonly metrics: ConsoleMetrics,
  ) {}

  /** @throws Problem 422 when the key was used for something else */
  async give(visitor: Visitor, idempotencyKey: string, wish: Wish): Promise<GivenCommand> {
    const commandId = commandIdOf(visitor, idempotencyKey);
    const fingerprint = digestOf(wish);
    const { tenant, account } = visitor;
    const answered = (answer: CommandAnswer | undefined): GivenCommand => {
      this.metrics.commanded(wish.kind, answer?.code ?? 'pending');
      return { commandId, answer };
    };
    const event = this.eventOf(visitor, commandId, wish);
    const waiting = this.answers.waitFor(commandId, waitMs);
    try {
      const { state } = await this.models.commands.apply(commandId, commandId, (current) =>
        current ? 'unchanged' : { state: { tenant, issuer: account.issuer, subject: account.subject, fingerprint, answer: null, ...letterOf(visitor, wish), forgetAt: this.clock.now() + rememberMs }, events: [event] },
      );
      if (state && state.fingerprint !== fingerprint) throw new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another command: take a new one for each.');
      return answered(state?.answer ?? (await waiting.answer));
    } finally {
      waiting.cancel();
    }
  }

  private eventOf(visitor: Visitor, commandId: string, wish: Wish): OutgoingEvent {
    const by = { account: visitor.account, session: visitor.session, authenticatedAt: new Date(visitor.authenticatedAt).toISOString() };
    const base = { tenant: visitor.tenant, id: commandId };
    try {
      switch (wish.kind) {
        case 'verdict':
          return eventOf(VerdictGiven, { ...base, key: wish.requestId, data: { commandId, requestId: wish.requestId, ...wish.data, by } } satisfies NewEvent<typeof VerdictGiven>, this.clock);
        case 'stop':
          return eventOf(StopRequested, { ...base, key: commandId, data: { commandId, ...wish.data, by } } satisfies NewEvent<typeof StopRequested>, this.clock);
        case 'redrive':
          return eventOf(RedriveRequested, { ...base, key: commandId, data: { commandId, ...wish.data, by } } satisfies NewEvent<typeof RedriveRequested>, this.clock);
        case 'discard':
          return eventOf(DiscardRequested, { ...base, key: commandId, data: { commandId, ...wish.data, by } } satisfies NewEvent<typeof DiscardRequested>, this.clock);
        case 'replay':
          return eventOf(ReplayRequested, { ...base, key: commandId, data: { commandId, ...wish.data, by } } satisfies NewEvent<typeof ReplayRequested>, this.clock);
        case 'apply-source':
          return eventOf(SourceApplyRequested, { ...base, key: nameIn(wish.data.manifest) ?? commandId, data: { commandId, ...wish.data, by } } satisfies NewEvent<typeof SourceApplyRequested>, this.clock);
        case 'pause-source':
          return eventOf(SourcePauseRequested, { ...base, key: wish.data.name, data: { commandId, ...wish.data, by } } satisfies NewEvent<typeof SourcePauseRequested>, this.clock);
        case 'resume':
          return eventOf(ResumeRequested, { ...base, key: wish.stopId, data: { commandId, stopId: wish.stopId, ...wish.data, by } } satisfies NewEvent<typeof ResumeRequested>, this.clock);
      }
    } catch (error) {
      if (error instanceof PermanentError) throw new Problem(400, error.code, `This command cannot be written: ${error.message}.`);
      throw error;
    }
  }
}

/** Commands about one source have its name as key, so that they are carried out in the order in which they were given. */
const nameIn = (manifest: unknown): string | undefined => {
  const name = atPointer(manifest, '/metadata/name');
  return Value.Check(Name, name) ? name : undefined;
};

/** What the command's document remembers of the dead letter that it is about. */
function letterOf({ person }: Visitor, wish: Wish): Pick<CommandState, 'letter'> {
  if (wish.kind !== 'redrive' && wish.kind !== 'discard') return {};
  const { service, partition, offset, reason } = wish.data;
  return { letter: { service, partition, offset, reason, person, what: wish.kind === 'redrive' ? 'redriven' : 'discarded' } };
}
