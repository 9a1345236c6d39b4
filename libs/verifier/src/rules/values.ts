// SPDX-License-Identifier: Apache-2.0
// R2 and R9 where the values are at hand: the value of a record says the same as its signed headers and its permit, and
// the digests are those of the actions.
import { DecisionMade, type DecisionMade as Decision, ExactAction, IntentRecorded, type IntentRecorded as Intent, OutcomeRecorded, type OutcomeRecorded as Outcome, PermitReturned, type PermitReturned as Returned, ProposalMade } from '@nervus/contracts';
import { digestOfAction, idempotencyKeyOf } from '@nervus/trust';
import { Compile } from 'typebox/compile';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from './permit-claims.js';
import type { RuleEntry } from './rule-entry.js';

const withAction = Compile(ExactAction);

/** Holds the value of a record to its headers. Entries without a value pass: what was not seen is counted elsewhere. */
export function valueFindings(entry: RuleEntry): Finding[] {
  if (typeof entry.data !== 'object' || entry.data === null) return [];
  switch (entry.type) {
    case ProposalMade.type:
      return actionFindings(entry, 'proposal', entry.data);
    case DecisionMade.type:
      return decisionFindings(entry, entry.data as Decision);
    case IntentRecorded.type:
    case PermitReturned.type:
      return useFindings(entry, entry.data as Intent | Returned);
    case OutcomeRecorded.type:
      return outcomeFindings(entry, entry.data as Outcome);
    default:
      return [];
  }
}

function actionFindings({ index, extensions, tenant }: RuleEntry, what: string, data: object): Finding[] {
  const action = 'action' in data ? data.action : undefined;
  if (!withAction.Check(action)) return [found('R2', 'action_malformed', [index], `The ${what} holds no exact action.`)];
  const digest = digestOfAction(action);
  if (digest !== extensions.actiondigest) return [found('R2', 'digest_mismatch', [index], `The action of the ${what} has the digest ${digest}, its header says ${extensions.actiondigest ?? '(none)'}.`)];
  if (action.tenant !== tenant) return [found('R2', 'tenant_mismatch', [index], `The action of the ${what} belongs to tenant ${action.tenant}, the record to ${tenant ?? '(none)'}.`)];
  return [];
}

function decisionFindings(entry: RuleEntry, data: Decision): Finding[] {
  const findings = actionFindings(entry, 'decision', data);
  const { index, extensions } = entry;
  const differs = (member: string, inValue: unknown, inHeader: unknown): void => {
    if (inValue !== inHeader) findings.push(found('R2', `${member}_mismatch`, [index], `The decision says ${member} ${String(inValue)} in its value and ${String(inHeader)} in its headers or permit.`));
  };
  differs('permit', data.permit, extensions.permit);
  const permits = data.result === 'permitted';
  if (permits !== (extensions.permit !== undefined)) findings.push(found('R2', 'result_mismatch', [index], `The decision is "${data.result}" and ${extensions.permit === undefined ? 'holds no' : 'holds a'} permit.`));
  const claims = extensions.permit === undefined ? undefined : permitClaimsOf(extensions.permit);
  if (!claims || findings.length > 0) return findings;
  differs('action', data.action.actionId, claims.aid);
  differs('tier', data.tier, claims.tier);
  differs('policy', `${data.policySet.v}:${data.policySet.h}`, `${claims.pol.v}:${claims.pol.h}`);
  differs('request', data.request && `${data.request.requestId}:${data.request.revision}:${data.request.evidenceHash}`, claims.req && `${claims.req.id}:${claims.req.rev}:${claims.evd}`);
  const agent = `/tenant/${data.action.tenant}/agent/${data.action.agent.name}`;
  if (!claims.sub.endsWith(agent)) findings.push(found('R2', 'agent_mismatch', [index], `The permit is for ${claims.sub}, the action is of ${agent}.`));
  return findings;
}

function useFindings({ index, extensions }: RuleEntry, data: Pick<Intent, 'actionId' | 'digest' | 'jti'>): Finding[] {
  const claims = extensions.permit === undefined ? undefined : permitClaimsOf(extensions.permit);
  if (!claims) return [];
  const differing = [data.digest !== claims.act && 'digest', data.jti !== claims.jti && 'permit', data.actionId !== claims.aid && 'action'].filter((member) => member !== false);
  return differing.map((member) => found('R2', `${member}_mismatch`, [index], `The value of the record names another ${member} than its permit.`));
}

function outcomeFindings(entry: RuleEntry, data: Outcome): Finding[] {
  const { index, extensions } = entry;
  const findings = useFindings(entry, data);
  if (data.result !== extensions.result) findings.push(found('R2', 'result_mismatch', [index], `The outcome is "${data.result}" in its value and "${extensions.result ?? '(none)'}" in its header.`));
  if (extensions.actiondigest !== undefined && data.idempotencyKey !== idempotencyKeyOf(extensions.actiondigest)) {
    findings.push(found('R9', 'idempotency_key_mismatch', [index], 'The idempotency key of the outcome is not the one of its action, so that reports of the target would not lead here.'));
  }
  return findings;
}
