// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinatesText, decodePayloadBundle, decodePayloads, encodePayloadBundle, encodePayloads, payloadPath } from './payload-bundle.js';

const payload = fc.record({
  partition: fc.nat(100),
  offset: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
  appendedAt: fc.nat(),
  value: fc.oneof(fc.constant(null), fc.constant(undefined), fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))),
});

describe('payload bundles', () => {
  it('what was written is read, and nothing shorter or longer is', () => {
    fc.assert(
      fc.property(fc.array(payload, { minLength: 1, maxLength: 8 }), (payloads) => {
        const bytes = encodePayloads(payloads);
        expect(decodePayloads(bytes, payloads.length)).toEqual(payloads);
        expect(decodePayloads(bytes, payloads.length + 1)).toBeUndefined();
        expect(decodePayloads(bytes.subarray(0, -1), payloads.length)).toBeUndefined();
        expect(decodePayloads(Buffer.concat([bytes, Buffer.alloc(1)]), payloads.length)).toBeUndefined();
      }),
    );
  });

  it('a bundle gives its note and its payloads back, and a cut one nothing', () => {
    const payloads = [{ partition: 1, offset: 2n, appendedAt: 3, value: Buffer.from('v') }];
    const bytes = encodePayloadBundle({ note: 'a note', payloads });
    expect(decodePayloadBundle(bytes, 1)).toEqual({ note: 'a note', payloads });
    for (let cut = 0; cut < bytes.length; cut++) expect(decodePayloadBundle(bytes.subarray(0, cut), 1)).toBeUndefined();
  });

  it('what is signed names every coordinate and no value', () => {
    const payload = { partition: 1, offset: 2n, appendedAt: 3, value: Buffer.from('v') };
    const text = coordinatesText('log', 0, [payload]);
    for (const other of [{ partition: 2 }, { offset: 3n }, { appendedAt: 4 }]) expect(coordinatesText('log', 0, [{ ...payload, ...other }])).not.toBe(text);
    expect(coordinatesText('log', 0, [{ ...payload, value: undefined }])).toBe(text);
    expect(coordinatesText('log', 1, [payload])).not.toBe(text);
  });

  it('the file of a bundle is found by the name of the bundle', () => {
    expect(payloadPath(1234, 256)).toBe('payload/x001/234');
    expect(payloadPath(0, 17)).toBe('payload/000.p/17');
  });
});
