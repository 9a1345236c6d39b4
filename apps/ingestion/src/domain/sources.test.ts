// SPDX-License-Identifier: Apache-2.0
import { checkSource, type Source } from '@nervus/sources';
import { describe, expect, it } from 'vitest';
import { Sources } from './sources.js';

function feed(name: string, everySeconds = 300): Source {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name, owner: 'group:a' }, spec: { kind: 'feed', config: { urls: ['https://a.example/'], everySeconds }, subject: { constant: 'a' }, class: 'public' } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source;
}
function followed(sources: Sources): string[] {
  const told: string[] = [];
  sources.follow('feed', ({ name, spec }) => {
    told.push(`begin ${name} ${spec.config.everySeconds}`);
    return () => told.push(`end ${name} ${spec.config.everySeconds}`);
  });
  return told;
}

describe('the sources as they stand', () => {
  it('each is worked on once, and a changed one ends before it begins anew', () => {
    const sources = new Sources([feed('a')]);
    const told = followed(sources);
    sources.put(feed('b'), false);
    sources.put(feed('a', 60), false);
    expect(told).toEqual(['begin a 300', 'begin b 300', 'end a 300', 'begin a 60']);
  });

  it('a paused one is not worked on until it goes on', () => {
    const sources = new Sources([feed('a')]);
    const told = followed(sources);
    sources.put(feed('a'), true);
    expect([sources.isPaused(feed('a')), told]).toEqual([true, ['begin a 300', 'end a 300']]);
    sources.put(feed('a'), false);
    expect(told).toHaveLength(3);
  });

  it('one that is gone ends for good', () => {
    const sources = new Sources([feed('a')]);
    const told = followed(sources);
    sources.remove('default/a');
    sources.remove('default/a');
    expect(told).toEqual(['begin a 300', 'end a 300']);
    expect(sources.find('default', 'a')).toBeUndefined();
  });
});
