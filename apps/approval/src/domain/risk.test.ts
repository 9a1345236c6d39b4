// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import type { DataClass, Effect, OperationDescriptor } from '@nervus/contracts';
import { findOperation } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { shippedSet } from '../../test/sample-world.js';
import { type RiskFacts, scoreRisk } from './risk.js';

const table = shippedSet.risk;
const post = findOperation('http', 'request', 1)?.operation;
if (!post) throw new TypeError('http.request is gone');
const facts = (changes: Partial<RiskFacts> = {}): RiskFacts => ({
  tool: 'http.request', operation: post, params: {}, effect: 'irreversible', destinationListed: true, taintedControl: false, untrustedData: false, class: 'public', confidence: 1, manifestFloor: 0, ...changes,
});
const paying: OperationDescriptor = { ...post, risk: { ...post.risk, amount: '/amount', batch: '/to' } };
const rowOf = (name: string, changes: Partial<RiskFacts>): number | undefined => scoreRisk(table, facts(changes)).rows.find(({ row }) => row === name)?.score;

describe('the score', () => {
  it('is the sum of its rows, each with its reason', () => {
    const { score, rows } = scoreRisk(table, facts({ untrustedData: true, class: 'internal' }));
    expect(score).toBe(50);
    expect(rows.map(({ row, score: one }) => [row, one])).toEqual([['effect', 40], ['amount', 0], ['batch', 0], ['destination', 0], ['taint', 5], ['class', 5], ['reversible', 0]]);
  });

  it.each([
    ['an amount that is missing', 'amount', { operation: paying, params: {} }, 40],
    ['an amount that is text', 'amount', { operation: paying, params: { amount: '100' } }, 40],
    ['an amount below zero', 'amount', { operation: paying, params: { amount: -5 } }, 40],
    ['an amount in fractions of the minor unit', 'amount', { operation: paying, params: { amount: 0.5 } }, 40],
    ['money without any amount declared', 'amount', { effect: 'money' as const }, 40],
    ['a list that is missing', 'batch', { operation: paying, params: { amount: 1 } }, 30],
    ['a destination off the list', 'destination', { destinationListed: false }, 20],
  ])('%s takes the worst row', (_, row, changes, expected) => {
    expect(rowOf(row, changes)).toBe(expected);
  });

  it('amounts fall into their band, borders included', () => {
    expect([0, 10_000, 10_001, 1_000_000, 1_000_001].map((amount) => rowOf('amount', { operation: paying, params: { amount } }))).toEqual([5, 5, 20, 20, 40]);
  });

  it('confidence can raise it and never lower it', () => {
    const at = (confidence: number): number => scoreRisk(table, facts({ confidence })).score;
    expect(at(0.49) - at(0.5)).toBe(10);
    expect(at(1)).toBe(at(0.5));
  });
});

describe('the tier', () => {
  it.each<[string, Partial<RiskFacts>, number]>([
    ['a read may be tier 0', { effect: 'read' }, 0],
    ['an irreversible effect is 2 at least', { effect: 'irreversible' }, 2],
    ['money is 2 at least', { effect: 'money' }, 2],
    ['a message off the list is 2', { effect: 'message', destinationListed: false }, 2],
    ['a message on the list is 1', { effect: 'message' }, 1],
    ['a write that cannot be taken back is 2', { effect: 'write' }, 2],
    ['the manifest may ask for more', { effect: 'read', manifestFloor: 3 }, 3],
    ['a steered irreversible effect off the list is 3', { taintedControl: true, destinationListed: false }, 3],
  ])('%s', (_, changes, tier) => {
    expect(scoreRisk(table, facts(changes)).tier).toBe(tier);
  });

  it('the policy set may raise a floor by effect or tool', () => {
    const raised = { ...table, floors: { effects: { read: 1 as const }, tools: { 'http.request': 2 as const } } };
    expect(scoreRisk(raised, facts({ effect: 'read' })).tier).toBe(2);
    expect(scoreRisk(raised, facts({ effect: 'read', tool: 'other.read' })).tier).toBe(1);
  });

  it('never falls when any one fact gets worse', () => {
    const effects: Effect[] = ['read', 'write', 'message', 'irreversible', 'money'];
    const classes: DataClass[] = ['public', 'internal', 'pii', 'secret'];
    const any = fc.record({ effect: fc.nat(4), class: fc.nat(3), listed: fc.boolean(), tainted: fc.boolean(), untrusted: fc.boolean(), confidence: fc.double({ min: 0, max: 1, noNaN: true }) });
    const tierOf = (one: { effect: number; class: number; listed: boolean; tainted: boolean; untrusted: boolean; confidence: number }): number =>
      scoreRisk(table, facts({ effect: effects[one.effect] ?? 'money', class: classes[one.class] ?? 'secret', destinationListed: one.listed, taintedControl: one.tainted, untrustedData: one.untrusted, confidence: one.confidence })).tier;
    fc.assert(
      fc.property(any, (one) => {
        const tier = tierOf(one);
        for (const worse of [{ ...one, class: 3 }, { ...one, listed: false }, { ...one, tainted: true }, { ...one, untrusted: true }, { ...one, confidence: 0 }]) expect(tierOf(worse)).toBeGreaterThanOrEqual(tier);
      }),
    );
  });
});
