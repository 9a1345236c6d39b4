// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { accessOf, services, subscriberAccess, subscriberTopics } from './index.js';

describe('what subscribers may do', () => {
  it('is to read, and never to write or see other topics, nor to delete anything but groups of its own', () => {
    const rules = subscriberAccess('shop', 'eu.');
    expect(new Set(rules.flatMap(({ operations }) => operations))).toEqual(new Set(['Read', 'Describe', 'Delete']));
    expect(rules.filter(({ operations }) => operations.includes('Delete')).map(({ resource, name }) => `${resource} ${name}`)).toEqual(['group eu.subscriber.shop.']);
    expect(rules.filter(({ resource }) => resource === 'topic').map(({ name }) => name)).toEqual(subscriberTopics.map(({ name }) => `eu.${name}`));
  });

  it('no subscriber may read in the groups of another or of a service', () => {
    const covers = (name: string, group: string): boolean => subscriberAccess(name, '').some((rule) => rule.resource === 'group' && (rule.pattern === 'literal' ? group === rule.name : group.startsWith(rule.name)));
    expect([covers('shop', 'subscriber.shop'), covers('shop', 'subscriber.shop.blue')]).toEqual([true, true]);
    expect([covers('shop', 'subscriber.shop-test'), covers('shop', 'subscriber.shop2')]).toEqual([false, false]);
    for (const service of services) for (const rule of accessOf(service, '').filter(({ resource }) => resource === 'group')) expect(covers(service, rule.name)).toBe(false);
  });
});
