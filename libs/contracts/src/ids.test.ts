// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { v5 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { derivedId, nameBasedId } from './ids.js';

describe('ids that follow from a name', () => {
  it('are those that uuid makes, whatever the name', () => {
    const namespace = v5('nervus.dev', v5.DNS);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => nameBasedId(name) === v5(name, namespace)));
  });

  it('differ when the same text is cut in another way', () => {
    expect(derivedId('a', 'bc')).not.toBe(derivedId('ab', 'c'));
    expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'));
  });
});
