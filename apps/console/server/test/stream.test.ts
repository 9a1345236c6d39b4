// SPDX-License-Identifier: Apache-2.0
import { RequestChanged } from '@nervus/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleWorld, ended, requestOf } from './console-world.js';

let world: ConsoleWorld;
beforeAll(async () => {
  world = await ConsoleWorld.open();
});
afterAll(() => world.close());

interface Event {
  readonly id: string;
  readonly name: string;
  readonly data: { readonly requestId?: string; readonly state?: string };
}

/** One open stream, read into a list. */
class Reading {
  readonly events: Event[] = [];
  readonly done: Promise<void>;
  private readonly stop = new AbortController();

  constructor(person: string, headers: Record<string, string> = {}, query = '') {
    this.done = this.read(person, headers, query).catch(() => undefined);
  }

  close(): Promise<void> {
    this.stop.abort();
    return this.done;
  }

  private async read(person: string, headers: Record<string, string>, query: string): Promise<void> {
    const response = await fetch(world.url(`/api/stream${query}`), { headers: { authorization: `Bearer ${world.secretsOf(person).token}`, ...headers }, signal: this.stop.signal });
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string => block.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
        if (field('event') !== '') this.events.push({ id: field('id'), name: field('event'), data: JSON.parse(field('data')) as Event['data'] });
      }
    }
  }
}
const until = (reading: Reading, fits: (event: Event) => boolean): Promise<void> => world.mesh.when(() => reading.events.some(fits), 'an event of the stream');
const publish = async (request: RequestChanged): Promise<void> => world.publish(RequestChanged, request.requestId, request);

describe('the stream of changes', () => {
  it('tells of a new request and of its end, and others of nothing', async () => {
    const reading = new Reading('nora');
    const stranger = new Reading('stranger');
    await Promise.all([until(reading, ({ name }) => name === 'reset' || name === 'ready'), until(stranger, ({ name }) => name === 'ready')]);
    const request = requestOf(1);
    await publish(request);
    await until(reading, ({ data }) => data.requestId === request.requestId && data.state === 'open');
    await publish(ended(request, 'refused', 'rejected'));
    await until(reading, ({ data }) => data.requestId === request.requestId && data.state === 'refused');
    expect(stranger.events.filter(({ name }) => name === 'request')).toEqual([]);
    await Promise.all([reading.close(), stranger.close()]);
  });

  it('a browser that comes back is told exactly what it missed', async () => {
    const reading = new Reading('nora');
    await until(reading, ({ name }) => name === 'ready');
    const [first, missed] = [requestOf(10), requestOf(11)];
    await publish(first);
    await until(reading, ({ data }) => data.requestId === first.requestId);
    const seen = reading.events.find(({ data }) => data.requestId === first.requestId)!.id;
    await reading.close();
    await publish(missed);
    await world.eventually('nora', `/api/requests/${missed.requestId}`, (body) => body.request !== undefined);
    for (const again of [new Reading('nora', { 'last-event-id': seen }), new Reading('nora', {}, `?after=${seen}`)]) {
      await until(again, ({ name }) => name === 'ready');
      expect(again.events.map(({ data }) => data.requestId)).toEqual([missed.requestId, undefined]);
      await again.close();
    }
  });

  it('a browser that was away for longer than is kept, or since before a restart, is told to read anew', async () => {
    const reading = new Reading('nora', { 'last-event-id': '0193f3a0-0000-7000-8000-000000000000.5' });
    await until(reading, ({ name }) => name === 'reset');
    await reading.close();
  });

  it('one session cannot hold more than a few, and those end when the service stops', async () => {
    const readings = Array.from({ length: 8 }, () => new Reading('theo'));
    await Promise.all(readings.map((reading) => until(reading, ({ name }) => name === 'ready')));
    expect((await world.api('theo', '/api/stream')).status).toBe(429);
    const began = Date.now();
    await world.stop();
    await Promise.all(readings.map(({ done }) => done));
    expect(Date.now() - began).toBeLessThan(10_000);
    await world.start();
  });
});
