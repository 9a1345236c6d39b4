// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noStops, resumeStop, type StopCommand, stopHeader, type StopsState, throwStop } from './stops.js';

const at = '2026-11-24T12:00:00.000Z';
const stop = (commandId: string, changes: Partial<StopCommand> = {}): StopCommand => ({ commandId, tenant: 'default', scope: { kind: 'all' }, reason: 'A test feed.', person: 'person:olga', at, ...changes });
const resume = (state: StopsState, person: string | undefined, stopId = 's1', tenant = 'default'): ReturnType<typeof resumeStop> => resumeStop(state, { commandId: `r-${person}`, stopId, tenant, reason: 'Mended.', person, at });

describe('throwing a stop', () => {
  it('takes the next epoch and is one person\'s decision', () => {
    const { state, changed, code } = throwStop(noStops, stop('s1'));
    expect(code).toBe('accepted');
    expect(changed).toEqual({ stopId: 's1', tenant: 'default', scope: { kind: 'all' }, epoch: 1, active: true, reason: 'A test feed.', by: ['person:olga'], at, version: 1 });
    expect(throwStop(state, stop('s2')).changed?.epoch).toBe(2);
  });

  it('by a stranger changes nothing', () => {
    expect(throwStop(noStops, stop('s1', { person: undefined }))).toMatchObject({ state: noStops, code: 'not_entitled' });
  });
});

describe('resuming', () => {
  const { state: stopped } = throwStop(noStops, stop('s1'));

  it('needs two distinct persons and takes a new epoch, so that no older permit comes back to life', () => {
    const first = resume(stopped, 'person:nora');
    expect(first).toMatchObject({ code: 'second_person_needed', state: { epoch: 1 } });
    expect(first.changed).toBeUndefined();
    expect(resume(first.state, 'person:nora')).toMatchObject({ code: 'already_voted' });
    const second = resume(first.state, 'person:theo');
    expect(second).toMatchObject({ code: 'accepted', changed: { epoch: 2, active: false, version: 2, by: ['person:nora', 'person:theo'] }, state: { active: [] } });
    expect(resume(second.state, 'person:theo')).toMatchObject({ code: 'already_lifted' });
  });

  it('by a stranger, of an unknown stop, or of another tenant\'s stop changes nothing', () => {
    expect(resume(stopped, undefined).code).toBe('not_entitled');
    expect(resume(stopped, 'person:nora', 'unknown').code).toBe('unknown_stop');
    expect(resume(stopped, 'person:nora', 's1', 'other').code).toBe('unknown_stop');
  });
});

it('the signed header says epoch, state and scope', () => {
  expect(stopHeader({ epoch: 4, active: true, scope: { kind: 'agent', name: 'market-news' } })).toBe('4:active:agent=market-news');
  expect(stopHeader({ epoch: 5, active: false, scope: { kind: 'all' } })).toBe('5:lifted:all');
});

it('epochs only rise, one for each published change, whatever is asked in whatever order', () => {
  const command = fc.oneof(
    fc.record({ what: fc.constant('stop' as const), id: fc.constantFrom('s1', 's2', 's3'), person: fc.constantFrom('person:a', 'person:b', undefined) }),
    fc.record({ what: fc.constant('resume' as const), id: fc.constantFrom('s1', 's2', 's3'), person: fc.constantFrom('person:a', 'person:b', undefined) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let state: StopsState = noStops;
      let published = 0;
      for (const [n, { what, id, person }] of commands.entries()) {
        const result = what === 'stop' ? throwStop(state, stop(`${id}-${n}`, { person })) : resume(state, person, state.active[0]?.stopId ?? id);
        if (result.changed) {
          published += 1;
          expect(result.changed.epoch).toBe(published);
        }
        expect(result.state.epoch).toBe(published);
        state = result.state;
      }
    }),
  );
});
