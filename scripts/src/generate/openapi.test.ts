// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { openApiDocument, openApiText, refusals } from './openapi.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

describe('the contract of the edge', () => {
  it('fits the official schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(openApiText());
    expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1']);
  });

  it('refers to nothing that is not in it', () => {
    const document = openApiDocument();
    const references = [...openApiText().matchAll(/\$ref: "?(#[^"\n]+)"?/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) expect(reference.slice(2).split('/').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name.replaceAll('~1', '/')], document), reference).toBeDefined();
  });

  it('names every refusal that the edge gives, under its status, and none that it does not give', () => {
    const given = globSync(['libs/sources/src/**/*.ts', 'apps/ingestion/src/**/*.ts'], { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/new Refusal\((\d{3}), '([a-z0-9_]+)'/g)].map(([, status, code]) => `${status} ${code}`));
    const told = Object.entries(refusals).flatMap(([status, { codes }]) => codes.map((code) => `${status} ${code}`));
    expect(new Set(given).size).toBeGreaterThan(20);
    expect([...new Set(given)].filter((one) => !told.includes(one))).toEqual([]);
    // What is unavailable inside is told by its own code; a fault that nobody foresaw by one of two.
    expect(told.filter((one) => !one.startsWith('5') && !given.includes(one))).toEqual([]);
  });
});
