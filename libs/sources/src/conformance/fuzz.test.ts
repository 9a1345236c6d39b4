// SPDX-License-Identifier: Apache-2.0
// Every parser that a stranger reaches, under seeded mutations of what it expects: it answers, or refuses with a problem
// that can be told; it never throws anything else, and never takes long. CPU time is judged, not the clock: other work on
// the machine must not fail a test.
import { createHmac } from 'node:crypto';
import { parseStrictJson } from '@nervus/trust';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FeedUnreadable, readFeed } from '../feed/parse-feed.js';
import { contentModeOf } from '../http/content-mode.js';
import { deliveryOf } from '../http/inbound.js';
import { optionsAnswer } from '../http/handshake.js';
import { checkSource, isPushed, type SourceOf } from '../manifest/source-manifest.js';
import { readSource } from '../manifest/read-source.js';
import { Refusal } from '../refusal.js';
import { checkSignature, secretOf } from '../signatures/schemes.js';
import { signalOf } from '../signal.js';

const runs = { seed: 20_261_124, numRuns: 1_500, endOnFailure: true } as const;
/** Milliseconds of CPU that one input may take. */
const mostMs = 100;

/** Bytes that mean something to some parser, among any others. */
const edgy = fc.constantFrom('"', '\\', '\\ud800', '{', '}', '[', ']', ',', ':', '%', '%zz', '&', '=', '<', '>', '<![CDATA[', ']]>', '<!DOCTYPE a [', '&#xD800;', '\0', '\ufeff', '1e999', '-0', '9'.repeat(40), '__proto__', 'null', '\r\n', ';', '+', '{'.repeat(200), '['.repeat(200)).map((text) => Buffer.from(text));
const bytes = fc.oneof(edgy, fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)));
const edit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 30 }), put: bytes, again: fc.nat({ max: 3 }) });

/** What is expected, with a few places changed. */
const mutated = (seeds: readonly string[]): fc.Arbitrary<Buffer> =>
  fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 6 })).map(([seed, edits]) => {
    let text = Buffer.from(seed);
    for (const { at, cut, put, again } of edits) {
      const place = at % (text.length + 1);
      text = Buffer.concat([text.subarray(0, place), ...Array.from({ length: again + 1 }, () => put), text.subarray(Math.min(text.length, place + cut))]);
    }
    return text;
  });
const mutatedText = (...seeds: string[]): fc.Arbitrary<string> => mutated(seeds).map((text) => text.toString('latin1'));

/** Runs one parser on one input and holds it to the rules above. */
function held(parse: () => unknown): void {
  const before = process.threadCpuUsage();
  try {
    parse();
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof FeedUnreadable)) throw error;
    expect([error.code, error.message.isWellFormed(), error.message.length < 2_000]).toEqual([expect.stringMatching(/^[a-z0-9_]+$/), true, true]);
  }
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(mostMs);
}

function source(spec: object): SourceOf<'webhook' | 'cloudevents'> {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:a' }, spec: { subject: { pointer: '/customer/id', otherwise: 'orders' }, class: 'internal', fields: { '/a/b': { class: 'pii' } }, ...spec } });
  if ('faults' in checked || !isPushed(checked.source.spec)) throw new Error(JSON.stringify(checked));
  return checked.source as SourceOf<'webhook' | 'cloudevents'>;
}
const signed = (kind: string): object => ({ kind, secretFiles: ['s'] });
const hmac = { kind: 'hmac', secretFiles: ['s'], header: 'x-sum', timestampHeader: 'x-at', idHeader: 'x-id', signs: '{id}.{timestamp}.{body}' };
const sources = [
  ...['standard-webhooks', 'github', 'stripe', 'slack'].map((kind) => source({ kind: 'webhook', auth: signed(kind), schema: { version: 1, json: { type: 'object', properties: { id: { type: 'string', pattern: '^(a+)+$' } } } } })),
  source({ kind: 'webhook', auth: hmac, eventId: { pointer: '/id' } }),
  source({ kind: 'cloudevents', auth: signed('standard-webhooks'), allowedOrigins: ['a.example'], browserOrigins: ['https://a.example'] }),
];
const event = '{"specversion":"1.0","id":"1","source":"/a","type":"t","subject":"s","time":"2026-11-24T10:00:00Z","hops":2,"data":{"a":[1,2.5,true,null,"x"]}}';
const bodies = mutated(['{"id":"evt_1","type":"order.placed","created":1492774500,"customer":{"id":"c"},"a":{"b":[1,{"c":"d"}]}}', event, `[${event},${event}]`, 'payload=%7B%22type%22%3A%22x%22%7D', 'command=%2Fcollect&text=a+b', '{"type":"url_verification","challenge":"x"}']);
const contentType = fc.oneof(fc.constantFrom('application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'application/x-www-form-urlencoded'), mutatedText('application/json; charset="utf-8"', 'application/cloudevents+json'));
const now = 1_492_774_577_000;
const headers = fc.record({
  'content-type': contentType,
  'webhook-id': mutatedText('msg_1'), 'webhook-timestamp': mutatedText('1492774577'), 'webhook-signature': mutatedText('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,AAAA'),
  'x-hub-signature-256': mutatedText(`sha256=${'ab'.repeat(32)}`), 'x-github-delivery': mutatedText('d-1'), 'x-github-event': mutatedText('push'),
  'stripe-signature': mutatedText(`t=1492774577,v1=${'ab'.repeat(32)}`), 'x-slack-signature': mutatedText(`v0=${'ab'.repeat(32)}`), 'x-slack-request-timestamp': mutatedText('1492774577'),
  'x-sum': mutatedText('ab'.repeat(32)), 'x-at': mutatedText('1492774577'), 'x-id': mutatedText('{timestamp}'),
  'ce-specversion': mutatedText('1.0'), 'ce-id': mutatedText('1'), 'ce-source': mutatedText('/a'), 'ce-type': mutatedText('t'), 'ce-subject': mutatedText('%E2%82%AC'), 'ce-time': mutatedText('2026-11-24T10:00:00Z'), 'ce-hops': mutatedText('3'), traceparent: mutatedText('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
}, { requiredKeys: [] });

describe('what strangers reach, under seeded mutations', () => {
  it('bodies, media types and event headers', () => {
    fc.assert(fc.property(fc.constantFrom(...sources), headers, bodies, (of, given, body) => {
      const header = (name: string): string | undefined => (given as Readonly<Record<string, string | undefined>>)[name];
      held(() => {
        const delivery = deliveryOf({ source: of, mode: contentModeOf(of.spec, header('content-type'), undefined), header, body }, () => 'new');
        for (const { event: one } of delivery.kind === 'batch' ? delivery.inbounds : delivery.kind === 'event' ? [delivery.inbound] : []) {
          const { data } = signalOf(of, one);
          // What was taken is what every reader of signals takes.
          expect(parseStrictJson(JSON.stringify(data))).toEqual(data);
        }
      });
    }), runs);
  });

  it('signatures', () => {
    fc.assert(fc.property(fc.constantFrom(...sources), headers, bodies, (of, given, body) => {
      const { auth } = of.spec;
      if (auth.kind === 'none') return;
      held(() => {
        checkSignature(auth, { header: (name) => (given as Readonly<Record<string, string | undefined>>)[name], body }, [secretOf(auth, 'a-secret-of-at-least-24-bytes')], now);
        throw new Error('a signature that nobody made was accepted');
      });
    }), runs);
  });

  it('a signature is accepted for its own bytes and for no others', () => {
    fc.assert(fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 255 }), (body, at, flip) => {
      const auth = { kind: 'github', secretFiles: ['s'] } as { kind: 'github'; secretFiles: string[] };
      const secret = secretOf(auth, 'a-secret-of-at-least-24-bytes');
      const header = (): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      checkSignature(auth, { header, body }, [secret], now);
      const other = Buffer.from(body);
      if (other.length === 0) return;
      other[at % other.length]! ^= flip;
      expect(() => checkSignature(auth, { header, body: other }, [secret], now)).toThrow(Refusal);
    }), runs);
  });

  it('handshakes and preflights', () => {
    fc.assert(fc.property(fc.constantFrom(...sources), fc.record({ 'webhook-request-origin': mutatedText('a.example'), 'webhook-request-rate': mutatedText('100'), origin: mutatedText('https://a.example'), 'access-control-request-method': mutatedText('POST') }, { requiredKeys: [] }), (of, given) => {
      held(() => {
        const answer = optionsAnswer(of, (name) => (given as Readonly<Record<string, string | undefined>>)[name]);
        // Consent names exactly who asked, and only whom the manifest names.
        expect([undefined, 'a.example']).toContain(answer.headers['webhook-allowed-origin']?.toLowerCase());
        expect([undefined, 'https://a.example']).toContain(answer.headers['access-control-allow-origin']);
      });
    }), runs);
  });

  it('feeds', () => {
    const item = '<item><guid>1</guid><title>A &amp; B</title><description><![CDATA[x]]></description><pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate></item>';
    const feeds = [
      `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>${item}${item}</channel></rss>`,
      '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>1</id><title>a</title><link href="https://a.example/"/></entry></feed>',
      '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><item rdf:about="1"><title>a</title></item></rdf:RDF>',
      '{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","title":"a","content_text":"b","tags":["x"]}]}',
    ];
    fc.assert(fc.property(mutated(feeds), fc.option(fc.constantFrom('utf-8', 'iso-8859-1', 'utf-16le', 'x-none'), { nil: undefined }), (feed, charset) => {
      held(() => {
        for (const read of readFeed(feed, charset, 50)) for (const text of Object.values<string>({ ...read })) expect(text.isWellFormed()).toBe(true);
      });
    }), runs);
  });

  it('manifests', () => {
    const manifest = 'apiVersion: nervus.dev/v1\nkind: Source\nmetadata:\n  name: orders\n  owner: group:a\nspec:\n  kind: webhook\n  auth: {kind: hmac, secretFiles: [s], header: x-sum, signs: "{body}"}\n  subject: {pointer: /a, otherwise: b}\n  class: internal\n  schema: {version: 1, json: {type: object}}\n';
    fc.assert(fc.property(mutatedText(manifest), (text) => {
      held(() => {
        const read = readSource(text);
        if ('faults' in read) for (const { place, message } of read.faults) expect([place, message.length > 0]).toEqual([expect.stringMatching(/^\d+:\d+$/), true]);
      });
    }), { ...runs, numRuns: 400 });
  });
});
