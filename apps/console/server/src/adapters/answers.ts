// SPDX-License-Identifier: Apache-2.0
import { ownTopics } from '@nervus/contracts';
import { Tables } from '@nervus/messaging';
import { ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { type CommandAnswer, withAnswer } from '../domain/command.js';
import { ReadModels } from './read-models.js';

const { CommandAnswered } = ownTopics('approval');

/** Answers of approval, which every process of the console sees: whoever waits is told, and the command's document keeps it. */
@Injectable()
export class Answers {
  private readonly waiting = new Map<string, Set<(answer: CommandAnswer) => void>>();

  constructor(
    tables: Tables,
    models: ReadModels,
    private readonly clock: ServiceClock,
    logger: ServiceLogger,
  ) {
    tables.on(CommandAnswered, ({ id, data }) => {
      for (const tell of this.waiting.get(data.commandId) ?? []) tell(data);
      // Not awaited: a database that is away must not hold the tables. The answer stays on Kafka for a day.
      models.commands
        .apply(data.commandId, id, (current) => {
          const next = withAnswer(current, data);
          return next === 'unchanged' ? next : { state: next, events: [] };
        })
        .catch((error: unknown) => logger.warn({ err: error, code: 'answer_not_kept', commandId: data.commandId }, 'the answer to a command could not be kept'));
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
