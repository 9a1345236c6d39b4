// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeQuorum } from './quorum.js';
import type { Person } from './registry.js';

const person = (name: string, ...groups: string[]): Person => ({ ref: `person:${name}`, name, groups });

it('a person counts once, also when listed twice', () => {
  expect(makeQuorum([person('a', 'x'), person('a', 'x')], ['x'], 2)).toBe(false);
  expect(makeQuorum([person('a', 'x'), person('b', 'x')], ['x'], 2)).toBe(true);
});

it('a person in two groups stands for one of them', () => {
  expect(makeQuorum([person('a', 'x', 'y')], ['x', 'y'], 1)).toBe(false);
});

it('the only member of a group is not given away to another group', () => {
  expect(makeQuorum([person('a', 'x', 'y'), person('b', 'x')], ['x', 'y'], 2)).toBe(true);
  expect(makeQuorum([person('b', 'x'), person('a', 'x', 'y')], ['y', 'x'], 2)).toBe(true);
});

it('persons of other groups do not fill the quorum', () => {
  expect(makeQuorum([person('a', 'x'), person('b', 'z')], ['x'], 2)).toBe(false);
});

it('agrees with trying every assignment', () => {
  const groups = ['x', 'y', 'z'];
  const people = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), groups: fc.subarray(groups) }), { selector: ({ name }) => name, maxLength: 4 });
  fc.assert(
    fc.property(people, fc.subarray(groups, { minLength: 1 }), fc.integer({ min: 1, max: 4 }), (drawn, wanted, quorum) => {
      const persons = drawn.map(({ name, groups: of }) => person(name, ...of));
      const assign = ([group, ...rest]: readonly string[], free: readonly Person[]): boolean => group === undefined || free.some((one) => one.groups.includes(group) && assign(rest, free.filter((other) => other !== one)));
      const counting = persons.filter((one) => one.groups.some((group) => wanted.includes(group)));
      expect(makeQuorum(persons, wanted, quorum)).toBe(counting.length >= quorum && assign(wanted, persons));
    }),
  );
});
