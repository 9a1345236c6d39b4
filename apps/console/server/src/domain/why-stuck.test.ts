// SPDX-License-Identifier: Apache-2.0
import { RunChanged, StopChanged } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import type { ActionChain } from './action-chain.js';
import type { DeadLetterRow } from './dead-letter-row.js';
import type { ProcessRow } from './other-rows.js';
import type { RequestRow } from './request-row.js';
import { type RunFacts, whyStuck } from './why-stuck.js';

const now = Date.parse('2026-12-01T10:00:00.000Z');
const actionId = 'b7e23ec2-9af0-5b1c-8f3d-7a6b5c4d3e2f';
const place = (at: number) => ({ partition: 0, offset: '0', at }) as unknown as ProcessRow['place'];
const run: RunChanged = { ...RunChanged.examples[0]!, state: 'waiting', waitingFor: [actionId] };
const process = (service: string, agoMs: number) => ({ service, state: 'beating', place: place(now - agoMs) }) as unknown as ProcessRow;
const facts = (changes: Partial<RunFacts> = {}): RunFacts => ({ run, actions: [], requests: [], letters: [], stops: [], pulseAgeMs: 1000, processes: [process('approval', 10_000), process('action', 300_000)], now, ...changes });
const chain = (parts: Partial<ActionChain>): ActionChain => ({ tenant: 'default', actionId, runId: run.runId, forgetAt: 0, ...parts });
const permitted = { place: place(now - 60_000), result: 'permitted', code: 'automatic', ruling: 1, tier: 2, requestId: null, persons: [] } as NonNullable<ActionChain['decision']>;
const codes = (changes: Partial<RunFacts>): string[] => whyStuck(facts(changes)).waits.map(({ code }) => code);

describe('why a run is stuck', () => {
  it('a run that is over waits for nothing, and says how it ended', () => {
    expect(whyStuck(facts({ run: { ...run, state: 'over_budget', reason: 'tokens' } }))).toMatchObject({ sentence: 'The run is over: over budget (tokens).', waits: [] });
  });

  it('an action without a ruling waits for approval, and it is said whether approval lives', () => {
    const [wait] = whyStuck(facts()).waits;
    expect(wait).toMatchObject({ code: 'ruling', actionId, next: expect.stringContaining('heard of 10 s ago') as string });
    expect(whyStuck(facts({ processes: [] })).waits[0]!.next).toContain('start it');
  });

  it('an open request waits for people, also when the run has another that is over', () => {
    const request = (state: string): RequestRow => ({ actionId, state, requestId: 'r', approvals: 1, quorum: 2, openedAt: 'x', expiresAt: 'y' }) as unknown as RequestRow;
    expect(codes({ requests: [request('superseded'), request('open')] })).toEqual(['people']);
    expect(codes({ requests: [request('expired')] })).toEqual(['ruling']);
  });

  it('a permitted one is told apart: stopped, held, under way, come back, done and unread, unknown', () => {
    const actions = [chain({ decision: permitted })];
    const stop: StopChanged = { ...StopChanged.examples[0]!, scope: { kind: 'agent', name: run.agent.name } };
    expect(codes({ actions, stops: [stop] })).toEqual(['stop']);
    expect(codes({ actions, stops: [{ ...stop, scope: { kind: 'agent', name: 'another' } }] })).toEqual(['receipt_or_target']);
    expect(codes({ actions, pulseAgeMs: 6_000 })).toEqual(['stale_view']);
    expect(codes({ actions: [chain({ decision: { ...permitted, tier: 1 } })], pulseAgeMs: 6_000 })).toEqual(['receipt_or_target']);
    expect(codes({ actions: [chain({ decision: permitted, returned: { place: place(now), code: 'permit_expired' } })] })).toEqual(['permit_returned']);
    const outcome = { place: place(now), result: 'succeeded', code: 'done', detail: '', attempts: 1, finishedAt: 'x' } as NonNullable<ActionChain['outcome']>;
    expect(codes({ actions: [chain({ decision: permitted, outcome })] })).toEqual(['outcome_unread']);
    expect(codes({ actions: [chain({ decision: permitted, outcome: { ...outcome, result: 'unknown' } })] })).toEqual(['target_unknown']);
  });

  it('a record that was given up comes first, with the command that brings it back', () => {
    const letter = { service: 'action', partition: 0, offset: '17', code: 'x', message: 'y', type: 't', at: now } as unknown as DeadLetterRow;
    const { waits } = whyStuck(facts({ letters: [letter] }));
    expect(waits.map(({ code }) => code)).toEqual(['dead_letter', 'ruling']);
    expect(waits[0]!.next).toContain('nervus dlq redrive action 0/17');
  });

  it('a service that was not heard of for minutes is named as away', () => {
    expect(whyStuck(facts({ actions: [chain({ decision: permitted })] })).waits[0]!.next).toContain('last heard of 300 s ago');
  });
});
