// SPDX-License-Identifier: Apache-2.0
// The bytes that are signed: RFC 9421 section 2.5.
import { component, componentKey, componentValue } from './components.js';
import type { Component } from './components.js';
import { SignatureError } from './errors.js';
import type { Message } from './message.js';
import { serializeInnerList } from './structured-fields.js';
import type { FieldType, InnerList } from './structured-fields.js';

/** The covered components of a signature, checked: no identifier twice. */
export function coveredComponents([items]: InnerList): Component[] {
  const seen = new Set<string>();
  return items.map((item) => {
    const covered = component(item);
    const key = componentKey(covered);
    if (seen.has(key)) throw new SignatureError('component_repeated', `${covered.identifier} is covered twice`, { component: covered.identifier });
    seen.add(key);
    return covered;
  });
}

/** The signature base over the message for these components and parameters. */
export function signatureBase(message: Message, parameters: InnerList, fieldTypes: Readonly<Record<string, FieldType>> = {}): Uint8Array {
  const lines = coveredComponents(parameters).map((covered) => `${covered.identifier}: ${componentValue(covered, message, fieldTypes)}`);
  return Buffer.from([...lines, `"@signature-params": ${serializeInnerList(parameters)}`].join('\n'), 'ascii');
}
