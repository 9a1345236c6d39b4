// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { ProposalMade, SignalAccepted, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { type Handler, NervusTransport, On, RethrowFilter, UseCase } from './index.js';

@Injectable()
class Memory {
  readonly seen: string[] = [];
}

@UseCase()
class RememberSignals {
  constructor(private readonly memory: Memory) {}

  @On(topics.ingestion.signals, SignalAccepted)
  async handle(event: Received<SignalAccepted>): Promise<void> {
    if (event.id === 'bad') throw new PermanentError('bad_signal', 'this one cannot be handled');
    this.memory.seen.push(event.id);
    return Promise.resolve();
  }
}

@Module({ controllers: [RememberSignals], providers: [Memory] })
class Sample {}

async function started(): Promise<{ handlers: ReadonlyMap<string, Handler>; memory: Memory; close: () => Promise<void>; stopped: () => boolean }> {
  let handlers: ReadonlyMap<string, Handler> = new Map();
  let stopped = false;
  const strategy = new NervusTransport({
    start: (given) => {
      handlers = given;
      return Promise.resolve();
    },
    stop: () => {
      stopped = true;
      return Promise.resolve();
    },
  });
  const app = await NestFactory.create(Sample, { logger: false });
  const service = app.connectMicroservice({ strategy }, { deferInitialization: true });
  service.useGlobalFilters(new RethrowFilter());
  await app.startAllMicroservices();
  return { handlers, memory: app.get(Memory), close: () => app.close(), stopped: () => stopped };
}

const event = (id: string): Received<unknown> => ({ id }) as Received<unknown>;

describe('the Nest binding', () => {
  it('a record reaches the use-case that declared its type, with what Nest injected', async () => {
    const { handlers, memory, close } = await started();
    expect([...handlers.keys()]).toEqual([SignalAccepted.type]);
    await handlers.get(SignalAccepted.type)!(event('one'));
    expect(memory.seen).toEqual(['one']);
    await close();
  });

  it('an error keeps its class and code, or the engine would retry what can never succeed', async () => {
    const { handlers, close } = await started();
    await expect(handlers.get(SignalAccepted.type)!(event('bad'))).rejects.toMatchObject({ name: 'PermanentError', code: 'bad_signal' });
    await close();
  });

  it('closing the app stops the driver', async () => {
    const { close, stopped } = await started();
    await close();
    expect(stopped()).toBe(true);
  });

  it('a type on another topic is refused when the class is loaded', () => {
    expect(() => On(topics.ingestion.signals, ProposalMade)).toThrow(/not declared on that topic/);
  });

  it('two handlers of one type are refused', () => {
    const transport = new NervusTransport({ start: () => Promise.resolve(), stop: () => Promise.resolve() });
    transport.addHandler(SignalAccepted.type, () => Promise.resolve(undefined), true);
    expect(() => transport.addHandler(SignalAccepted.type, () => Promise.resolve(undefined), true)).toThrow(/two handlers/);
    expect(() => transport.addHandler('x', () => Promise.resolve(undefined), false)).toThrow(/request-reply/);
  });
});
