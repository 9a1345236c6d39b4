// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../folders.js';
import { allAspects } from './aspects.js';
import { documented } from './documented.js';
import { independencePage } from './page.js';

describe('the page about services that are away', () => {
  it('says what the table says that the test compares a mesh with', () => {
    const page = readFileSync(join(repositoryRoot, 'docs', 'independence.md'), 'utf8');
    expect(page, 'write it again: npm run test:independence -- --document').toBe(independencePage());
  });

  it('leaves no service out, and of none what it does to the others', () => {
    expect(Object.keys(documented).toSorted()).toEqual([...services].toSorted());
    for (const service of services) expect(allAspects.filter((aspect) => aspect !== 'permitsInHand' && documented[service].rows[aspect] === undefined), service).toEqual([]);
  });
});
