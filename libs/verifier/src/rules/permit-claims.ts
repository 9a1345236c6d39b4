// SPDX-License-Identifier: Apache-2.0
import { Permit } from '@nervus/trust';
import { Compile } from 'typebox/compile';

const permit = Compile(Permit);

let last: { readonly compact: string; readonly claims: Permit | undefined } = { compact: '', claims: undefined };

/** The claims of a permit as they stand, signature unread: whether approval signed it is checked apart. Undefined when it is no permit. */
export function permitClaimsOf(compact: string): Permit | undefined {
  // Every rule asks for the permit of the same entry.
  if (last.compact !== compact) last = { compact, claims: read(compact) };
  return last.claims;
}

function read(compact: string): Permit | undefined {
  const [, payload, signature, more] = compact.split('.');
  if (payload === undefined || signature === undefined || more !== undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return permit.Check(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}
