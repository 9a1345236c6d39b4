// SPDX-License-Identifier: Apache-2.0
// Builders for tests: the shipped policies, an agent that may use every tool, proposals and people.
import { fileURLToPath } from 'node:url';
import { type AgentChanged, derivedId, type ExactAction, findOperation, type Label, type ProposalMade, targetAndEffect, type VerdictGiven } from '@nervus/contracts';
import { digestOfAction, issuePermit, type Permit, toolSchemaOf, WorkloadKey } from '@nervus/trust';
import { loadPolicySet, type PolicySetFiles, readPolicyFolder } from '../src/adapters/policy-set-files.js';
import { type ActionState, firstRuling, type World } from '../src/domain/action-state.js';
import type { ActivePolicySet } from '../src/domain/policy-set.js';

export const shippedFiles: PolicySetFiles = await readPolicyFolder(fileURLToPath(new URL('../../../policies', import.meta.url)));
const active = (files: PolicySetFiles, version = 1): ActivePolicySet => {
  const { hash, policies, risk, destinations, registry } = loadPolicySet(files);
  return { version, hash, policies, risk, destinations, registry };
};
export const shippedSet = active(shippedFiles);

/** The shipped set with some files changed. */
export function changedSet(changes: Readonly<Record<string, (text: string) => string>>, version = 2): ActivePolicySet {
  return active({ ...shippedFiles, ...Object.fromEntries(Object.entries(changes).map(([path, change]) => [path, change(shippedFiles[path] ?? '')])) }, version);
}

export const noon = Date.parse('2026-11-24T12:00:00.000Z');
export const minutes = (count: number): number => count * 60_000;

const agentDigest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
export const sampleAgent: AgentChanged = {
  name: 'market-news', version: '1.0.0', digest: agentDigest, owner: 'group:risk-desk', editors: ['person:olga'], enabled: true, recordVersion: 3,
  manifest: {
    kind: 'Agent',
    metadata: { name: 'market-news', version: '1.0.0', owner: 'group:risk-desk' },
    spec: {
      tools: [
        { ref: 'alert.log@1', constraints: { channel: { enum: ['market-news', 'elsewhere'] }, text: { maxLength: 1500 } } },
        { ref: 'webhook.send@1', constraints: { type: { const: 'market.alert' } } },
        { ref: 'http.request@1', constraints: { method: { enum: ['GET', 'POST'] } } },
      ],
    },
  },
};

export const trusted: Label = { src: [], trust: 'owner', class: 'internal' };
export const system: Label = { src: [], trust: 'system', class: 'internal' };
export const untrusted: Label = { src: ['2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b#/content/title'], trust: 'untrusted', class: 'public' };

/** A proposal of the sample agent whose target, effect and schema are right for its tool and parameters. */
export function proposalOf(tool: 'alert.log' | 'webhook.send' | 'http.request', params: Record<string, unknown>, labels: Record<string, Label>, changes: Partial<Omit<ProposalMade, 'action'>> & { action?: Partial<ExactAction>; n?: number } = {}): ProposalMade {
  const [name = '', operationName = ''] = tool.split('.');
  const entry = findOperation(name, operationName, 1);
  if (!entry) throw new TypeError(`no ${tool}`);
  const { action, n = 1, ...rest } = changes;
  return {
    action: {
      v: 1, tenant: 'default', actionId: derivedId('action', tool, String(n)), runId: derivedId('run', tool, String(n)), agent: { name: 'market-news', version: '1.0.0', digest: agentDigest },
      tool: name, operation: operationName, toolVersion: 1, toolSchema: toolSchemaOf(entry.tool, entry.operation), ...targetAndEffect(entry.operation, params), params, ...action,
    },
    labels, confidence: 0.9, reasons: [{ text: 'Severity 90.', src: [] }], against: [], sources: [], contextHash: agentDigest, agentRecordVersion: 3, expiresAt: new Date(noon + minutes(360)).toISOString(), ...rest,
  };
}

/** An alert in the listed channel, with text from a feed: automatic. */
export const alertProposal = (changes: Parameters<typeof proposalOf>[3] = {}): ProposalMade =>
  proposalOf('alert.log', { channel: 'market-news', severity: 90, title: 'Default of a large bank', text: 'The bank failed to pay.' }, { '/channel': trusted, '/severity': system, '/title': untrusted, '/text': untrusted }, changes);

/** A POST that the owner's platform chose: people are asked at tier 2. */
export const orderProposal = (changes: Parameters<typeof proposalOf>[3] = {}): ProposalMade =>
  proposalOf('http.request', { method: 'POST', url: 'https://api.example.com/orders', body: { hedge: true } }, { '/method': trusted, '/url': system, '/body': system }, changes);

const key = WorkloadKey.generate();
export const issuer = { spiffeId: 'spiffe://nervus.local/service/approval', trustDomain: 'nervus.local', permitSeconds: 900, issue: (claims: Permit): string => issuePermit(claims, key) };

export const worldOf = (changes: Partial<World> = {}): World => ({
  set: shippedSet, agent: sampleAgent, stopped: false, stopEpoch: 4, now: noon, issuer, draw: { nonce: 'bm9uY2Vub25jZW5vbmNlMQ', salt: 'c2FsdHNhbHRzYWx0c2FsdA' }, ...changes,
});

export const causeOf = (n = 1): ActionState['cause'] => ({ id: derivedId('event', String(n)), correlationId: derivedId('signal', String(n)), hops: 2 });

export const ruled = (proposal: ProposalMade, world: World = worldOf()): ReturnType<typeof firstRuling> => firstRuling({ tenant: proposal.action.tenant, digest: digestOfAction(proposal.action), proposal, cause: causeOf() }, world);

/** What a person says to the request of a document, seen as it is now. */
export function verdictOf(state: ActionState, person: string, verdict: 'approve' | 'reject' = 'approve', changes: Partial<VerdictGiven> = {}): VerdictGiven {
  const { request } = state;
  if (!request) throw new TypeError('nobody was asked');
  return {
    commandId: derivedId('command', person, verdict, request.requestId), requestId: request.requestId, revision: request.revision, nonce: request.nonce, verdict, digest: request.packet.digest, evidenceHash: request.evidenceHash,
    reason: 'Checked against the exposure report.', by: { account: { issuer: 'launcher', subject: person }, session: agentDigest, authenticatedAt: new Date(noon - minutes(5)).toISOString() }, ...changes,
  };
}
