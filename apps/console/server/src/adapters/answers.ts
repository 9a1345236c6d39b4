// SPDX-License-Identifier: Apache-2.0
import { ownTopics, services } from '@nervus/contracts';
import { Tables } from '@nervus/messaging';
import { ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { type CommandAnswer, withAnswer } from '../domain/command.js';
import { letterId, withFate } from '../domain/dead-letter-row.js';
import { ReadModels } from './read-models.js';

/** All but audit take commands. */
const answering = services.filter((service) => service !== 'audit');

/** Answers of the services, which every process of the console sees: whoever waits is told, and the command's document keeps it. */
@Injectable()
export class Answers {
  private readonly waiting = new Map<string, Set<(answer: CommandAnswer) => void>>();

  constructor(
    tables: Tables,
    private readonly models: ReadModels,
    private readonly clock: ServiceClock,
    logger: ServiceLogger,
  ) {
    for (const service of answering) {
      tables.on(ownTopics(service).CommandAnswered, ({ id, data }) => {
        for (const tell of this.waiting.get(data.commandId) ?? []) tell(data);
        // Not awaited: a database that is away must not hold the tables. The answer stays on Kafka for a day.
        this.keep(id, data).catch((error: unknown) => logger.warn({ err: error, code: 'answer_not_kept', commandId: data.commandId }, 'the answer to a command could not be kept'));
      });
    }
  }

  private async keep(answerId: string, data: CommandAnswer & { readonly commandId: string }): Promise<void> {
    const { commandId } = data;
    const { state } = await this.models.commands.apply(commandId, answerId, (current) => {
      const next = withAnswer(current, data);
      return next === 'unchanged' ? next : { state: next, events: [] };
    });
    if (!state?.letter || state.answer?.status !== 200) return;
    const { what, person, reason } = state.letter;
    const fate = { what, person, reason, commandId, at: this.clock.now() };
    await this.models.deadLetters.apply(letterId(state.letter), answerId, (row) => {
      const next = withFate(row, fate);
      return next === 'unchanged' ? next : { state: next, events: [] };
    });
  }

  /** Waits for the answer to a command; to be called before the command is published. `cancel` ends the waiting. */
  waitFor(commandId: string, ms: number): { readonly answer: Promise<CommandAnswer | undefined>; readonly cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<CommandAnswer | undefined>();
    const listeners = this.waiting.get(commandId) ?? new Set();
    this.waiting.set(commandId, listeners);
    const settle = (answer: CommandAnswer | undefined): void => {
      stop();
      listeners.delete(settle);
      if (listeners.size === 0) this.waiting.delete(commandId);
      resolve(answer);
    };
    listeners.add(settle);
    const stop = this.clock.after(ms, () => settle(undefined));
    return { answer: promise, cancel: () => settle(undefined) };
  }
}
