// SPDX-License-Identifier: Apache-2.0
// The HTTP protocol binding of CloudEvents 1.0.2 and its JSON format, case by case, as an event comes to a source.
import { describe, expect, it } from 'vitest';
import { contentModeOf } from '../http/content-mode.js';
import { deliveryOf, type Inbound } from '../http/inbound.js';
import { checkSource, type SourceOf } from '../manifest/source-manifest.js';

function cloudevents(): SourceOf<'cloudevents'> {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'partner', owner: 'group:a' }, spec: { kind: 'cloudevents', auth: { kind: 'none', pathToken: 'x'.repeat(32) }, subject: { constant: 's' }, class: 'public' } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source as SourceOf<'cloudevents'>;
}
const source = cloudevents();

function receive(headers: Readonly<Record<string, string>>, body: string): readonly Inbound[] {
  const header = (name: string): string | undefined => headers[name];
  const delivery = deliveryOf({ source, mode: contentModeOf(source.spec, header('content-type'), header('content-encoding')), header, body: Buffer.from(body) }, () => 'unused');
  return delivery.kind === 'batch' ? delivery.inbounds : delivery.kind === 'event' ? [delivery.inbound] : [];
}
const binary = { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-type': 'com.example.someevent', 'ce-id': '1234-1234-1234', 'ce-source': '/mycontext/subcontext' };
const envelope = { specversion: '1.0', type: 'com.example.someevent', id: '1234-1234-1234', source: '/mycontext/subcontext' };
const structured = (event: object, type = 'application/cloudevents+json; charset=utf-8') => receive({ 'content-type': type }, JSON.stringify(event));
const batch = (events: unknown) => receive({ 'content-type': 'application/cloudevents-batch+json; charset=utf-8' }, JSON.stringify(events));
const only = ([inbound]: readonly Inbound[]) => inbound?.event;
const refused = (status: number) => expect.objectContaining({ status });

describe('binary content mode (binding section 3.1)', () => {
  it('attributes are headers with the prefix ce-, data is the body', () => {
    expect(only(receive({ ...binary, 'ce-time': '2018-04-05T03:56:24Z', 'ce-subject': 'x' }, '{"a":1}'))).toMatchObject({ id: '1234-1234-1234', type: 'com.example.someevent', source: '/mycontext/subcontext', time: '2018-04-05T03:56:24Z', subject: 'x', content: { a: 1 } });
  });

  it.each([
    ['a space', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['a double quote', 'say%20%22hello%22', 'say "hello"'],
    ['a percent sign', '100%25', '100%'],
    ['lower-case escapes', '%e2%82%ac', '€'],
    ['what needs no escape', "a!#$&'()*+,/:;=?@[]~", "a!#$&'()*+,/:;=?@[]~"],
  ])('%s in a header value is decoded (section 3.1.3.2)', (_, header, value) => {
    expect(only(receive({ ...binary, 'ce-subject': header }, '1'))?.subject).toBe(value);
  });

  it.each([['a broken escape', '%zz'], ['half a character', '%e2%82'], ['a lone surrogate', '%ED%A0%80']])('%s is refused', (_, header) => {
    expect(() => receive({ ...binary, 'ce-subject': header }, '1')).toThrow(refused(400));
  });

  it('an event without data has an empty body, and null is data', () => {
    expect(only(receive(binary, ''))?.content).toBeNull();
    expect(only(receive(binary, 'null'))?.content).toBeNull();
  });

  it('extensions that are not known are no reason to refuse', () => {
    expect(only(receive({ ...binary, 'ce-comexampleextension1': 'value' }, '1'))?.id).toBe('1234-1234-1234');
  });

  it.each(['ce-specversion', 'ce-type', 'ce-id', 'ce-source'])('%s is required', (name) => {
    const { [name]: _, ...without } = binary as Record<string, string>;
    expect(() => receive(without, '1')).toThrow(refused(400));
    expect(() => receive({ ...binary, [name]: '' }, '1')).toThrow(refused(400));
  });

  it.each(['0.3', '1.1', '2.0', '1'])('specversion %s is refused', (version) => {
    expect(() => receive({ ...binary, 'ce-specversion': version }, '1')).toThrow(refused(400));
  });

  it.each(['application/vnd.example+json', 'application/json; charset=UTF-8', 'APPLICATION/JSON'])('data of media type %s is JSON', (type) => {
    expect(only(receive({ ...binary, 'content-type': type }, '{"a":1}'))?.content).toEqual({ a: 1 });
  });

  it.each(['text/plain', 'application/xml', 'application/octet-stream', ''])('data of media type "%s" is refused by name, not guessed at', (type) => {
    expect(() => receive({ ...binary, 'content-type': type }, 'a')).toThrow(refused(415));
  });
});

describe('structured content mode (binding section 3.2, JSON format section 3)', () => {
  it('is told by the media type, in whatever case', () => {
    for (const type of ['application/cloudevents+json', 'Application/CloudEvents+JSON; charset=UTF-8']) expect(only(structured({ ...envelope, data: { a: 1 } }, type))?.content).toEqual({ a: 1 });
  });

  it('attributes of the headers do not override those of the envelope', () => {
    expect(only(receive({ ...binary, 'content-type': 'application/cloudevents+json', 'ce-id': 'other' }, JSON.stringify(envelope)))?.id).toBe('1234-1234-1234');
  });

  it.each([['an object', { a: 1 }], ['a list', [1]], ['a text', 'a'], ['a number', 5], ['false', false], ['null', null]])('data may be %s', (_, data) => {
    expect(only(structured({ ...envelope, data }))?.content).toEqual(data);
  });

  it('an attribute that is null is not there (section 3.1.1)', () => {
    expect(only(structured({ ...envelope, subject: null, time: null }))).not.toHaveProperty('subject');
    expect(() => structured({ ...envelope, id: null })).toThrow(refused(400));
  });

  it('data in base64, or of another type than JSON, is refused by name', () => {
    expect(() => structured({ ...envelope, data_base64: 'AA==' })).toThrow(expect.objectContaining({ status: 415, code: 'cloudevent_data_base64' }));
    expect(() => structured({ ...envelope, datacontenttype: 'application/xml', data: '<a/>' })).toThrow(expect.objectContaining({ status: 415, code: 'cloudevent_data_type' }));
  });

  it.each(['avro', 'protobuf', 'xml'])('the format %s is refused by name', (format) => {
    expect(() => receive({ 'content-type': `application/cloudevents+${format}` }, 'a')).toThrow(expect.objectContaining({ status: 415, message: expect.stringContaining(`cloudevents+${format}`) }));
  });

  it.each([['a list', []], ['a text', 'a'], ['null', null]])('%s is no event', (_, value) => {
    expect(() => receive({ 'content-type': 'application/cloudevents+json' }, JSON.stringify(value))).toThrow(refused(400));
  });

  it('source and id together tell events apart', () => {
    const keys = [structured(envelope), structured({ ...envelope, source: '/other' }), structured({ ...envelope, id: '2' }), structured({ ...envelope, type: 'other' })].map((one) => JSON.stringify(only(one)?.key));
    expect([new Set(keys.slice(0, 3)).size, keys[3]]).toEqual([3, keys[0]]);
  });

  it.each(['2018-04-05T17:31:00Z', '2018-04-05T17:31:00.123456789+02:00'])('the time %s is kept as it came', (time) => {
    expect(only(structured({ ...envelope, time }))?.time).toBe(time);
  });
});

describe('batched content mode (binding section 3.3, JSON format section 4)', () => {
  it('brings each event; an empty batch brings none', () => {
    expect(batch([{ ...envelope, id: '1' }, { ...envelope, id: '2', data: 5 }]).map(({ event }) => [event.id, event.content])).toEqual([['1', null], ['2', 5]]);
    expect(batch([])).toEqual([]);
  });

  it('one that cannot be taken refuses all', () => {
    expect(() => batch([envelope, { ...envelope, specversion: '0.3' }])).toThrow(refused(400));
    expect(() => batch(envelope)).toThrow(refused(400));
    expect(() => batch([[envelope]])).toThrow(refused(400));
  });
});
