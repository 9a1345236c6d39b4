// SPDX-License-Identifier: Apache-2.0
import { type AgentChanged, type EvidencePacket, findOperation, type ProposalMade } from '@nervus/contracts';
import { canonicalize, digestOfBytes } from '@nervus/trust';
import { type ActivePolicySet, referenceOf } from './policy-set.js';
import type { Judged } from './rule-on-proposal.js';
import { suspicionsOf, textsIn } from './suspicious-text.js';

/** Bytes of the JCS form: more is not evidence that a person can judge. */
export const maxPacketBytes = 128 * 1024;
const maxFlags = 64;

export interface Evidence {
  readonly packet: EvidencePacket;
  /** base64url(SHA-256) over the JCS form of the packet. */
  readonly hash: string;
}

/** Everything a reviewer is shown; undefined when it is larger than {@link maxPacketBytes}. */
export function evidenceOf(proposal: ProposalMade, digest: string, judged: Judged, agent: AgentChanged, set: ActivePolicySet): Evidence | undefined {
  const { action } = proposal;
  const operation = findOperation(action.tool, action.operation, action.toolVersion)?.operation;
  const packet: EvidencePacket = {
    v: 1,
    action,
    digest,
    labels: proposal.labels,
    control: [...(operation?.control ?? [])],
    tier: judged.tier,
    risk: { score: judged.risk.score, rows: [...judged.risk.rows] },
    policies: [...judged.policies],
    policySet: referenceOf(set),
    confidence: proposal.confidence,
    reasons: proposal.reasons,
    against: proposal.against,
    sources: proposal.sources,
    flags: flagsOf(proposal, judged),
    reversible: operation?.risk.reversible ?? false,
    owner: agent.owner,
  };
  const text = canonicalize(packet);
  return Buffer.byteLength(text) > maxPacketBytes ? undefined : { packet, hash: digestOfBytes(text) };
}

/** Warnings for the reviewer as `<what>:<where>`: tainted control parameters, then texts that could deceive. */
function flagsOf({ action, reasons, against, sources }: ProposalMade, { tainted }: Judged): string[] {
  const flags = new Set(tainted.map((pointer) => `tainted-control:${pointer}`));
  for (const [part, value] of Object.entries({ params: action.params, reasons, against, sources })) {
    for (const { pointer, text } of textsIn(value)) for (const suspicion of suspicionsOf(text)) flags.add(`${suspicion}:/${part}${pointer}`.slice(0, 200));
  }
  const all = [...flags];
  return all.length <= maxFlags ? all : [...all.slice(0, maxFlags - 1), `more-flags:${all.length - maxFlags + 1}`];
}
