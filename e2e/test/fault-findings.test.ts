// SPDX-License-Identifier: Apache-2.0
import type { Report } from '@nervus/verifier';
import { describe, expect, it } from 'vitest';
import { faultFindings, type GroundFigures, type ScenarioFigures } from '../src/index.js';

const figures: ScenarioFigures = { disturbances: 2, accepted: 10, effects: 10, lost: [], duplicated: [], redeliveries: 1, deadLettered: 0, quarantined: 0, recoverySeconds: {}, unexpectedEnds: [], refusedByStatus: {}, failure: undefined };
const report = (verdict: string): Report => ({ verdict, violations: [], incomplete: [], recovered: [], log: { size: 5 } }) as unknown as Report;
const ground = (scenarios: Readonly<Record<string, ScenarioFigures>>, more: Partial<GroundFigures> = {}): GroundFigures => ({
  ground: 'plain', scenarios: new Map(Object.entries(scenarios)), services: 7, undeclared: [], report: report('VERIFIED'), database: { uri: 'mongodb://127.0.0.1', kind: 'mongo-java-server', version: '1', storage: 'durable' }, kafka: '4.4.0', ...more,
});
const options = { dataDir: '', database: 'durable', kills: 0, rate: 15, accepted: 0, seed: 1, scenario: ['all'], eventsLog: undefined } as const;
const machine = { cpu: '', cores: 2, memoryGiB: 1, system: '', node: '', idlePercent: 0, stealPercent: 0 };
const judge = (grounds: readonly GroundFigures[], chosen: readonly string[] = ['freeze', 'clock'], skipped: ReadonlyMap<string, string> = new Map(), failed: ReadonlyMap<string, string> = new Map()): ReturnType<typeof faultFindings> => faultFindings(options, chosen, grounds, { skipped, failed }, machine);

describe('the findings of a fault test', () => {
  it('nothing is missed when every scenario was overcome, and sums are over all of them', () => {
    const { fields, missed } = judge([ground({ freeze: figures, clock: { ...figures, accepted: 7, effects: 8 } })]);
    expect(missed).toEqual([]);
    expect(fields).toMatchObject({ accepted: 17, effects: 18, lost: 0, duplicatedEffects: 0, redeliveries: 2, auditVerdict: 'VERIFIED', auditEntries: 5, skipped: {}, scenarios: { freeze: { lost: 0, auditVerdict: 'VERIFIED' } } });
  });

  it.each([
    ['a lost event', { lost: ['e1'] }, /freeze: 1 accepted events had no effect: e1/],
    ['a double effect', { duplicated: ['e2'] }, /freeze: 1 events had more than one effect: e2/],
    ['a scenario that was given up', { failure: 'no recovery' }, /freeze was given up: no recovery/],
    ['a scenario in which nothing happened', { disturbances: 0 }, /nothing was disturbed/],
  ] as const)('%s is not hidden by scenarios that went well', (_, wrong, sentence) => {
    expect(judge([ground({ freeze: { ...figures, ...wrong }, clock: figures })]).missed).toEqual([expect.stringMatching(sentence)]);
  });

  it('one log that does not verify is the verdict of all', () => {
    const { fields, missed } = judge([ground({ freeze: figures }), ground({ clock: figures }, { ground: 'clocks', report: report('VIOLATION') })]);
    expect(fields['auditVerdict']).toBe('VIOLATION');
    expect(missed).toEqual([expect.stringMatching(/clocks: the audit log is VIOLATION/)]);
  });

  it('a process that nobody declared dead is named', () => {
    expect(judge([ground({ freeze: figures, clock: figures }, { undeclared: ['audit 01a'] })]).missed).toEqual([expect.stringMatching(/not declared dead: audit 01a/)]);
  });

  it('a scenario that was neither carried out nor skipped is missed; a skip is counted with its reason', () => {
    expect(judge([ground({ freeze: figures })]).missed).toEqual(['1 of 2 scenarios were carried out']);
    const { fields, missed } = judge([ground({ freeze: figures })], ['freeze', 'clock'], new Map([['clock', 'needs root']]));
    expect(missed).toEqual([]);
    expect(fields['skipped']).toEqual({ clock: 'needs root' });
  });

  it('a mesh that did not start fails the run and says why', () => {
    expect(judge([ground({ freeze: figures })], ['freeze', 'clock'], new Map(), new Map([['clock', 'the broker was not ready\nmore']])).missed).toEqual(['clock could not be carried out: the broker was not ready']);
  });

  it('where everything was skipped nothing is called verified', () => {
    const { fields, missed } = judge([], ['clock'], new Map([['clock', 'needs root']]));
    expect(fields['auditVerdict']).not.toBe('VERIFIED');
    expect(missed).toHaveLength(1);
  });
});
