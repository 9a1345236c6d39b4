// SPDX-License-Identifier: Apache-2.0
import type { Proof as ProofSchema, Tier } from '@nervus/contracts';
import type { Static } from 'typebox';

export type Proof = Static<typeof ProofSchema>;
const proofOrder: readonly Proof[] = ['session', 'passkey', 'device'];

/** What one policy, or the manifest, asks of the people who are to decide. Left out: nothing beyond the floor. */
export interface Demands {
  /** `group:<id>`; a verdict from each. */
  readonly approvers: readonly string[];
  /** Distinct persons over all groups. */
  readonly quorum?: number;
  readonly expiresMs?: number;
  readonly proof?: Proof;
}

/** The strictest of all demands and of the tier's floor. */
export interface StrictestDemands {
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly expiresMs: number;
  readonly proof: Proof;
}

const minute = 60_000;
const hour = 60 * minute;
const shortestExpiry = minute;
const longestExpiry = 7 * 24 * hour;

/** What no policy goes below: persons, proof and time, by tier. A policy may say session at tier 2. */
const floors: Readonly<Record<Tier, { quorum: number; proof: Proof; expiresMs: number }>> = {
  0: { quorum: 1, proof: 'session', expiresMs: 4 * hour },
  1: { quorum: 1, proof: 'session', expiresMs: 4 * hour },
  2: { quorum: 1, proof: 'passkey', expiresMs: 4 * hour },
  3: { quorum: 2, proof: 'device', expiresMs: 24 * hour },
};

/**
 * Joins the demands of every permitting policy and of the manifest: approvers united, the largest quorum, the shortest
 * time, the strongest proof. A policy that names no proof asks for the tier's; at tier 3 none may ask for less.
 */
export function strictest(tier: Tier, policies: readonly Demands[], manifest: Demands): StrictestDemands {
  const floor = floors[tier];
  const all = [...policies, manifest];
  const asked = policies.map(({ proof }) => proof ?? floor.proof);
  const least = tier === 2 && asked.length > 0 ? 'session' : floor.proof;
  return {
    approvers: [...new Set(all.flatMap(({ approvers }) => approvers))].toSorted(),
    quorum: Math.max(floor.quorum, ...all.map(({ quorum }) => quorum ?? 1)),
    expiresMs: Math.min(...policies.map(({ expiresMs }) => expiresMs ?? floor.expiresMs), manifest.expiresMs ?? longestExpiry),
    proof: [least, ...asked, ...(manifest.proof === undefined ? [] : [manifest.proof])].reduce((strongest, proof) => (isStronger(proof, strongest) ? proof : strongest)),
  };
}

export const isStronger = (a: Proof, b: Proof): boolean => proofOrder.indexOf(a) > proofOrder.indexOf(b);

const known = ['id', 'approvers', 'quorum', 'expires', 'proof'];
const later = new Set(['competence', 'undo', 'blind', 'noBatch', 'noStanding']);

/** Reads the annotations of one policy. What is unknown or not supported yet is a fault, never ignored. */
export function parseAnnotations(annotations: Readonly<Record<string, string>>): { demands: Demands; faults: string[] } {
  const faults: string[] = [];
  for (const name of Object.keys(annotations)) {
    if (later.has(name)) faults.push(`@${name} is not supported yet: remove it`);
    else if (!known.includes(name)) faults.push(`@${name} is unknown; known are ${known.map((one) => `@${one}`).join(', ')}`);
  }
  const { approvers, quorum, expires, proof } = annotations;
  const groups = approvers === undefined ? [] : approvers.split(',').map((group) => group.trim());
  for (const group of groups) if (!/^group:[a-z0-9][a-z0-9-]{0,62}$/.test(group)) faults.push(`@approvers("${approvers}"): "${group}" is not \`group:<id>\``);
  const persons = quorum === undefined ? undefined : /^[1-9]\d?$/.test(quorum) ? Number(quorum) : Number.NaN;
  if (Number.isNaN(persons)) faults.push(`@quorum("${quorum}"): expected a number from 1 to 99`);
  const expiresMs = expires === undefined ? undefined : parseDuration(expires);
  if (expires !== undefined && (expiresMs === undefined || expiresMs < shortestExpiry || expiresMs > longestExpiry)) faults.push(`@expires("${expires}"): expected 1m to 7d, such as "4h"`);
  if (proof !== undefined && !isProof(proof)) faults.push(`@proof("${proof}"): expected ${proofOrder.join(', ')}`);
  return {
    demands: {
      approvers: groups,
      ...(persons === undefined ? {} : { quorum: persons }),
      ...(expiresMs === undefined ? {} : { expiresMs }),
      ...(proof !== undefined && isProof(proof) ? { proof } : {}),
    },
    faults,
  };
}

const isProof = (text: string): text is Proof => (proofOrder as readonly string[]).includes(text);

const units: Readonly<Record<string, number>> = { s: 1000, m: minute, h: hour, d: 24 * hour };

/** Milliseconds of `90s`, `30m`, `4h`, `7d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  return match ? Number(match[1]) * (units[match[2] ?? ''] ?? 0) : undefined;
}
