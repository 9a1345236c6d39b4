// SPDX-License-Identifier: Apache-2.0
import type { Person } from './registry.js';

/**
 * True when these persons make the quorum: at least `quorum` of them, and for each group a member who stands for no
 * other group (a person counts once). Persons without any of the groups do not count.
 */
export function makeQuorum(persons: readonly Person[], groups: readonly string[], quorum: number): boolean {
  const distinct = [...new Map(persons.map((person) => [person.ref, person])).values()].filter((person) => person.groups.some((group) => groups.includes(group)));
  return distinct.length >= quorum && eachGroupHasItsOwn(groups, distinct);
}

// Augmenting paths (Kuhn 1955): a greedy choice could give the only member of one group away to another.
function eachGroupHasItsOwn(groups: readonly string[], persons: readonly Person[]): boolean {
  const standsFor = new Map<string, string>();
  const place = (group: string, tried: Set<string>): boolean => {
    for (const person of persons) {
      if (!person.groups.includes(group) || tried.has(person.ref)) continue;
      tried.add(person.ref);
      const other = standsFor.get(person.ref);
      if (other !== undefined && !place(other, tried)) continue;
      standsFor.set(person.ref, group);
      return true;
    }
    return false;
  };
  return groups.every((group) => place(group, new Set()));
}
