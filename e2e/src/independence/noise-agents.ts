// SPDX-License-Identifier: Apache-2.0
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplePlace } from '@nervus/scripts/mesh';
import type { Folders } from '../folders.js';

/** Agents that can be made to disturb the others: each has a source, an agent and a target of its own, under one name. */
export const noiseMakers = ['failing', 'slow'] as const;
export type NoiseMaker = (typeof noiseMakers)[number];

const endpointOf = (name: NoiseMaker): string => `${name}-desk`;

/** Lays out the noise makers beside the agents of the load, as copies of the routine one. */
export function layNoiseMakers({ agents, policies, sources }: Folders): void {
  const list = join(policies, 'destinations.yaml');
  writeFileSync(list, replaced(readFileSync(list, 'utf8'), 'values: [risk-desk]', `values: [${['risk-desk', ...noiseMakers.map(endpointOf)].join(', ')}]`));
  for (const name of noiseMakers) {
    const agent = join(agents, `relay-${name}`);
    cpSync(join(agents, 'relay-routine'), agent, { recursive: true });
    rewrite(join(agent, 'agent.yaml'), ['name: relay-routine', `name: relay-${name}`], ['source: routine', `source: ${name}`], ['const: risk-desk', `const: ${endpointOf(name)}`]);
    rewrite(join(agent, 'rules.yaml'), ['const: risk-desk', `const: ${endpointOf(name)}`]);
    const source = join(sources, `${name}.yaml`);
    cpSync(join(sources, 'routine.yaml'), source);
    rewrite(source, ['name: routine', `name: ${name}`], ['routine.secret', `${name}.secret`], ['otherwise: routine', `otherwise: ${name}`]);
  }
}

/** Tells the action service where the targets of the noise makers are; before it starts. */
export function nameNoiseTargets({ destinationsFile }: SamplePlace, ports: Readonly<Record<NoiseMaker, number>>): void {
  const { webhooks, ...rest } = JSON.parse(readFileSync(destinationsFile, 'utf8')) as { readonly webhooks: object };
  const own = noiseMakers.map((name) => [endpointOf(name), { url: `http://127.0.0.1:${ports[name]}/webhooks/${name}`, allowPrivate: true }] as const);
  writeFileSync(destinationsFile, `${JSON.stringify({ ...rest, webhooks: { ...webhooks, ...Object.fromEntries(own) } }, null, 2)}\n`);
}

function rewrite(file: string, ...changes: readonly (readonly [string, string])[]): void {
  writeFileSync(file, changes.reduce((text, [from, to]) => replaced(text, from, to), readFileSync(file, 'utf8')));
}

function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`"${from}" was expected in a sample that is copied: has it changed?`);
  return text.replaceAll(from, to);
}
