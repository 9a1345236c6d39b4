// SPDX-License-Identifier: Apache-2.0
import { derivedId, type ExactAction, findOperation, type ServiceName, targetAndEffect, type Tier } from '@nervus/contracts';
import { digestOfAction, issuePermit, maxPermitSeconds, type Permit, toolSchemaOf, WorkloadDirectory, WorkloadKey } from '@nervus/trust';
import { checkPermitted, type Claimed, type Permitted } from '../src/domain/permitted.js';
import type { MeshState } from '../src/domain/gate.js';

export const trustDomain = 'nervus.local';
/** When tests begin, in milliseconds; on a whole second, as permits count. */
export const start = Date.UTC(2026, 10, 24, 10);
export const hash = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
export const policySet = { v: 3, h: hash };

const params: Readonly<Record<string, Record<string, unknown>>> = {
  'alert.log': { channel: 'market-news', severity: 80, title: 'Default of a large bank', text: 'The bank failed to pay.' },
  'http.request': { method: 'POST', url: 'https://api.example.com/orders', body: { hedge: true } },
  'webhook.send': { endpoint: 'risk-desk', type: 'market.alert', payload: { severity: 80 } },
};

let count = 0;

/** An action of the sample agent, as reasoning would propose it. */
export function sampleAction(reference: 'alert.log' | 'http.request' | 'webhook.send' = 'alert.log', change: Partial<ExactAction> = {}): ExactAction {
  const [tool = '', operation = ''] = reference.split('.');
  const entry = findOperation(tool, operation, 1)!;
  const given = change.params ?? params[reference]!;
  const n = String(count++);
  return {
    v: 1, tenant: 'default', actionId: derivedId('sample-action', n), runId: derivedId('sample-run', n), agent: { name: 'market-news', version: '1.0.0', digest: hash },
    tool, operation, toolVersion: 1, toolSchema: toolSchemaOf(entry.tool, entry.operation), params: given, ...targetAndEffect(entry.operation, given), ...change,
  };
}

/** Workloads whose keys everyone knows, and what approval would sign. */
export class SampleWorld {
  readonly now = start;
  readonly directory = new WorkloadDirectory();
  readonly approval = this.workload('approval');
  readonly action = this.workload('action');
  readonly identity = this.workload('identity');

  workload(service: ServiceName): WorkloadKey {
    const key = WorkloadKey.generate();
    const iso = (ms: number): string => new Date(ms).toISOString();
    this.directory.put(
      { kid: key.kid, spiffeId: `spiffe://${trustDomain}/service/${service}`, service, jwk: key.publicJwk, notBefore: iso(start - 60_000), notAfter: iso(start + 3_600_000), version: 1, attestation: { kind: 'test', rule: 'test', subject: service } },
      { by: 'test', appendedAt: start - 60_000 },
    );
    return key;
  }

  permit(action: ExactAction, tier: Tier, change: Partial<Permit> = {}, key = this.approval): string {
    const nbf = Math.floor(this.now / 1000);
    return issuePermit(
      {
        iss: `spiffe://${trustDomain}/service/approval`, aud: 'action', jti: derivedId('permit', action.actionId, String(count++)), sub: `spiffe://${trustDomain}/tenant/${action.tenant}/agent/${action.agent.name}`,
        act: digestOfAction(action), aid: action.actionId, tier, pol: policySet, stp: 0, nbf, exp: nbf + maxPermitSeconds(tier), use: 1, ...change,
      },
      key,
    );
  }

  claimed(action: ExactAction, tier: Tier = 1, change: Partial<Permit> = {}): Claimed {
    return {
      tenant: action.tenant, action, digest: digestOfAction(action), tier, permit: this.permit(action, tier, change), decisionLeaf: hash, decidedAt: new Date(this.now).toISOString(),
      cause: { id: derivedId('decision', action.actionId, String(count++)), correlationId: derivedId('signal', action.runId), hops: 3, tenant: action.tenant },
    };
  }

  check(claimed: Claimed, now = this.now): ReturnType<typeof checkPermitted> {
    return checkPermitted(claimed, this.directory, trustDomain, now);
  }

  permitted(action = sampleAction(), tier: Tier = 1, change: Partial<Permit> = {}): Permitted {
    const check = this.check(this.claimed(action, tier, change));
    if (check.verdict !== 'good') throw new Error(`${check.code}: ${check.detail}`);
    return check.permitted;
  }
}

/** A mesh in which everything is as new as the permits of this file. */
export const freshMesh = (change: Partial<MeshState> = {}): MeshState => ({ policy: { version: policySet.v, hash: policySet.h }, stopEpoch: 0, stops: [], pulseAgeMs: 500, auditSilentMs: 1_000, revoked: () => false, ...change });

/** What people approved: a request with evidence. */
export const approvedByPeople: Partial<Permit> = { req: { id: derivedId('request', '1'), rev: 1 }, evd: hash };
