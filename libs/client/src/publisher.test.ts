// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import type { Clock } from './clock.js';
import { Publisher, type PublisherOptions } from './publisher.js';

/** Time that moves only when told to. */
class FakeClock implements Clock {
  time = Date.parse('2026-12-01T10:00:00Z');
  private readonly timers = new Set<{ readonly at: number; readonly run: () => void }>();
  now = (): number => this.time;
  after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.time + ms, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };
  pass(ms: number): void {
    this.time += ms;
    for (const timer of [...this.timers].filter(({ at }) => at <= this.time)) {
      this.timers.delete(timer);
      timer.run();
    }
  }
  get pending(): number {
    return this.timers.size;
  }
  /** Milliseconds until each timer. */
  get due(): number[] {
    return [...this.timers].map(({ at }) => at - this.time);
  }
}

interface Request {
  readonly headers: Record<string, string>;
  readonly body: string;
  answer(status: number, body?: object, headers?: Record<string, string>): void;
  fail(error: Error): void;
}

function edge(options: Partial<PublisherOptions> = {}) {
  const clock = new FakeClock();
  const requests: Request[] = [];
  const fetch: typeof globalThis.fetch = (_, init) =>
    new Promise((resolve, reject) => {
      init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason as Error));
      requests.push({ headers: init!.headers as Record<string, string>, body: init!.body as string, fail: reject, answer: (status, body = {}, headers = {}) => resolve(new Response(JSON.stringify(body), { status, headers })) });
    });
  const publisher = new Publisher({ url: 'https://edge.example/v1/default/orders', auth: { secret: 'a secret' }, clock, fetch, random: () => 0.5, ...options });
  const request = (index: number): Promise<Request> => vi.waitFor(() => requests[index] ?? expect.fail(`there is no request ${index}`), { interval: 1 });
  /** Until something waits for just so many milliseconds. */
  const pausing = (ms: number): Promise<void> => vi.waitFor(() => expect(clock.due).toContain(ms), { interval: 1 });
  return { clock, requests, publisher, request, pausing };
}
const taken = { id: 'signal-1', duplicate: false };

describe('trying again', () => {
  it.each([408, 429, 500, 503])('sends an event again after %i with the same id and body and a fresh signature', async (status) => {
    const { publisher, request, clock, pausing } = edge();
    const published = publisher.publish({ data: { total: 5 } });
    const first = await request(0);
    first.answer(status);
    await pausing(100);
    clock.pass(1000);
    const second = await request(1);
    expect([second.headers['webhook-id'], second.body]).toEqual([first.headers['webhook-id'], first.body]);
    expect(Number(second.headers['webhook-timestamp'])).toBe(Number(first.headers['webhook-timestamp']) + 1);
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
    second.answer(202, { id: 'signal-1', duplicate: true });
    expect(await published).toEqual({ id: 'signal-1', duplicate: true, attempts: 2 });
    expect(clock.pending).toBe(0);
  });

  it('sends an event again that met a broken connection, and one that was not answered in time', async () => {
    const { publisher, request, clock, pausing } = edge({ attemptMs: 5000 });
    const published = publisher.publish({ data: 1 });
    (await request(0)).fail(new TypeError('fetch failed'));
    await pausing(100);
    clock.pass(100);
    await request(1);
    clock.pass(5000);
    await pausing(200);
    clock.pass(200);
    (await request(2)).answer(202, taken);
    expect((await published).attempts).toBe(3);
  });

  it('doubles the bound of its pauses', async () => {
    const { publisher, request, requests, clock, pausing } = edge();
    const published = publisher.publish({ data: 1 });
    for (const [attempt, pause] of [100, 200, 400].entries()) {
      (await request(attempt)).answer(500);
      await pausing(pause);
      clock.pass(pause - 1);
      expect(requests.length).toBe(attempt + 1);
      clock.pass(1);
    }
    (await request(3)).answer(202, taken);
    expect((await published).attempts).toBe(4);
  });

  it.each([400, 401, 404, 413])('does not send an event again that was refused with %i, and tells why', async (status) => {
    const { publisher, request, requests } = edge();
    const published = publisher.publish({ id: 'e-1', data: 1 });
    const refused = expect(published).rejects.toMatchObject({ name: 'PublishError', status, code: 'no_good', detail: 'It is not.', retryable: false, id: 'e-1', attempts: 1 });
    (await request(0)).answer(status, { code: 'no_good', detail: 'It is not.' });
    await refused;
    expect(requests.length).toBe(1);
  });

  it('does not take a page of another server for an acceptance', async () => {
    const { publisher, request } = edge();
    const refused = expect(publisher.publish({ data: 1 })).rejects.toMatchObject({ code: 'answer_invalid', retryable: false });
    (await request(0)).answer(200, { hello: 'world' });
    await refused;
  });

  it('gives up at the deadline with the last reason, also in the middle of an attempt', async () => {
    const { publisher, request, clock, pausing } = edge({ deadlineMs: 10_000 });
    const refused = expect(publisher.publish({ data: 1 })).rejects.toMatchObject({ status: 503, code: 'not_acknowledged', retryable: true, attempts: 2 });
    (await request(0)).answer(503, { code: 'not_acknowledged', detail: 'Later.' });
    await pausing(100);
    clock.pass(100);
    await request(1);
    clock.pass(9900);
    await refused;
    expect(clock.pending).toBe(0);
  });

  it('ends with the reason of the caller when the caller aborts, in an attempt and in a pause', async () => {
    const { publisher, request, clock, pausing } = edge();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = expect(publisher.publish({ data: 1 }, { signal: one.signal })).rejects.toThrow('enough');
    await request(0);
    one.abort(new Error('enough'));
    await first;
    const second = expect(publisher.publish({ data: 1 }, { signal: two.signal })).rejects.toThrow('enough');
    (await request(1)).answer(500);
    await pausing(100);
    two.abort(new Error('enough'));
    await second;
    expect(clock.pending).toBe(0);
  });
});

describe('holding back', () => {
  it.each([['seconds', '20'], ['a date', 'Tue, 01 Dec 2026 10:00:20 GMT']])('sends nothing at all before the Retry-After of a 429, given as %s', async (_, retryAfter) => {
    const { publisher, request, requests, clock, pausing } = edge();
    const first = publisher.publish({ data: 1 });
    (await request(0)).answer(429, {}, { 'retry-after': retryAfter });
    await pausing(20_100);
    const other = publisher.publish({ data: 2 });
    await pausing(20_000);
    clock.pass(19_999);
    expect(requests.length).toBe(1);
    clock.pass(1);
    (await request(1)).answer(202, taken);
    expect(requests[1]!.body).toBe('2');
    await other;
    clock.pass(100);
    (await request(2)).answer(202, taken);
    await first;
  });

  it('does not believe a Retry-After without end', async () => {
    const { publisher, request, clock, pausing } = edge({ mostRetryAfterMs: 1000 });
    const published = publisher.publish({ data: 1 });
    (await request(0)).answer(503, {}, { 'retry-after': '86400' });
    await pausing(1100);
    clock.pass(1100);
    (await request(1)).answer(202, taken);
    await published;
  });

  it('has no more under way than it may, and lets the next go when one is done', async () => {
    const { publisher, request, requests, clock } = edge({ inFlight: 2 });
    const all = [1, 2, 3].map((data) => publisher.publish({ data }));
    await request(1);
    await vi.waitFor(() => expect(clock.pending).toBe(5), { interval: 1 });
    expect(requests.length).toBe(2);
    requests[1]!.answer(202, taken);
    (await request(2)).answer(202, taken);
    requests[0]!.answer(202, taken);
    expect((await Promise.all(all)).length).toBe(3);
  });

  it('waits at close for what is under way, and takes nothing after', async () => {
    const { publisher, request } = edge();
    const order: string[] = [];
    const published = publisher.publish({ data: 1 }).then(() => order.push('published'));
    const closed = publisher.close().then(() => order.push('closed'));
    await expect(publisher.publish({ data: 2 })).rejects.toThrow('closed');
    (await request(0)).answer(202, taken);
    await Promise.all([published, closed]);
    expect(order).toEqual(['published', 'closed']);
  });
});

describe('many', () => {
  it('reads no further ahead than it may have under way, and yields in order with refusals among them', async () => {
    const { publisher, request, requests } = edge({ inFlight: 2 });
    let read = 0;
    const events = function* () {
      for (; read < 4; ) yield { data: ++read };
    };
    const results = publisher.publishAll(events());
    const first = results.next();
    await request(1);
    expect(read).toBe(2);
    // Signing is done elsewhere, so that either may be sent first.
    const requestOf = (data: number): Request => requests.find(({ body }) => body === String(data)) ?? expect.fail(`event ${data} was not sent`);
    requestOf(2).answer(400, { code: 'no_good' });
    requestOf(1).answer(202, taken);
    expect((await first).value).toMatchObject({ event: { data: 1 }, published: { id: 'signal-1' } });
    expect((await results.next()).value).toMatchObject({ event: { data: 2 }, error: { code: 'no_good' } });
    for (const index of [2, 3]) void request(index).then((one) => one.answer(202, taken));
    const rest: unknown[] = [];
    for await (const outcome of results) rest.push(outcome.event.data);
    expect(rest).toEqual([3, 4]);
  });

  it('yields a result that is there while the source has no next event', async () => {
    const { publisher, request } = edge();
    const events = async function* () {
      yield { data: 1 };
      await new Promise(() => undefined);
    };
    const first = publisher.publishAll(events()).next();
    (await request(0)).answer(202, taken);
    expect((await first).value).toMatchObject({ event: { data: 1 } });
  });

  it('throws what its source threw, after the results before it', async () => {
    const { publisher, request } = edge();
    const events = function* () {
      yield { data: 1 };
      throw new Error('the file ends in a line');
    };
    const results = publisher.publishAll(events());
    const first = results.next();
    (await request(0)).answer(202, taken);
    expect((await first).value).toMatchObject({ event: { data: 1 } });
    await expect(results.next()).rejects.toThrow('the file ends');
  });
});
