// SPDX-License-Identifier: Apache-2.0
// The sample agents under the sample policies: what one of them changes must not leave the other behind.
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constraintPointer } from '@nervus/agent-manifest';
import { findOperation, parseToolReference } from '@nervus/contracts';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { orderProposal, sampleAgent, shippedSet } from '../../test/sample-world.js';
import { readManifest } from './manifest.js';
import { barredPersons, isReachable } from './request.js';

interface Manifest {
  readonly metadata: { readonly owner: string; readonly editors?: string[] };
}
const folder = fileURLToPath(new URL('../../../../agents', import.meta.url));
const agents = globSync('*/agent.yaml', { cwd: folder }).map((path) => [basename(dirname(path)), parse(readFileSync(`${folder}/${path}`, 'utf8')) as Manifest] as const);

it('there are sample agents', () => {
  expect(agents.map(([name]) => name).toSorted()).toEqual(['demand-forecast', 'market-news', 'market-risk']);
});

describe.each(agents)('%s', (_, manifest) => {
  const { owner, editors = [] } = manifest.metadata;
  const rules = readManifest(manifest);

  it('has a manifest that approval understands', () => {
    expect(rules).not.toHaveProperty('fault');
  });

  it('has an owner who is registered, so that somebody is barred from approving it', () => {
    expect(shippedSet.registry.membersOf(owner).length).toBeGreaterThan(0);
  });

  it('can be answered by two persons who neither own nor edit it', () => {
    const barred = barredPersons(orderProposal().action, { ...sampleAgent, owner, editors }, shippedSet.registry);
    expect(isReachable({ approvers: ['group:risk-reviewers'], quorum: 2, expiresMs: 60_000, proof: 'session' }, barred, shippedSet.registry)).toBe(true);
  });

  it('fixes where each of its tools acts, or nothing it does would ever be automatic', () => {
    if ('fault' in rules) throw new Error(rules.fault);
    for (const [ref, constraints] of rules.tools) {
      const named = parseToolReference(ref);
      const entry = named && findOperation(named.tool, named.operation, named.version);
      if (!entry) throw new Error(`${ref} is not in the catalogue`);
      const fixed = new Set(Object.entries(constraints).filter(([, constraint]) => 'const' in constraint || constraint.enum !== undefined).map(([name]) => constraintPointer(name)));
      const required = 'required' in entry.operation.input ? (entry.operation.input.required as string[]).map((name) => `/${name}`) : [];
      expect(entry.operation.control.filter((pointer) => required.includes(pointer) && !fixed.has(pointer)), ref).toEqual([]);
    }
  });
});
