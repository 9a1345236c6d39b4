// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessOf, allTopics, services, subscriberAccess } from '@nervus/contracts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { asyncApiDocument } from './asyncapi.js';
import { driftOf } from './drift.js';
import { generatedDocuments } from './documents.js';
import { anchorOf } from './markdown.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const textOf = (path: string): string => generatedDocuments().find((document) => document.path === path)?.text ?? '';

describe('generated files', () => {
  it('are what the declarations make, or readers would be told what is no longer so', () => {
    const drift = driftOf(generatedDocuments(), (path) => readFileSync(join(root, path), 'utf8'));
    expect(drift, drift.map(({ sentence }) => sentence).join('\n')).toEqual([]);
  });

  it('that differ or are missing are named, with the line and what to do', () => {
    const documents = [{ path: 'a.md', text: 'one\ntwo\n' }, { path: 'b.md', text: 'x' }, { path: 'c.md', text: 'y' }];
    const read = (path: string): string => {
      if (path === 'b.md') throw new Error('not there');
      return path === 'a.md' ? 'one\n2\n' : 'y';
    };
    expect(driftOf(documents, read).map(({ sentence }) => sentence)).toEqual([expect.stringMatching(/^a\.md differs .* line 2: run `npm run generate`/), expect.stringMatching(/^b\.md is missing/)]);
  });
});

describe('the AsyncAPI document', () => {
  const document = asyncApiDocument() as { channels: Record<string, { messages: Record<string, unknown> }>; operations: Record<string, { action: string }>; components: { messages: Record<string, { examples?: { payload: unknown }[]; payload: { $ref?: string } }>; schemas: Record<string, object> } };
  const require = createRequire(import.meta.url);

  it.each(['docs/events/asyncapi.yaml', 'docs/events/subscribers.yaml'])('%s fits the official schema of AsyncAPI 3.0', (path) => {
    const official = require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
    const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
    const validate = ajv.compile(official);
    validate(parse(textOf(path)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('for subscribers shows what they may read, refers to nothing else, and asks for groups that they may have', () => {
    const text = textOf('docs/events/subscribers.yaml');
    const subset = parse(text) as { channels: Record<string, unknown>; operations: Record<string, { action: string; bindings: { kafka: { groupId: { pattern: string } } } }> };
    expect(Object.keys(subset.channels)).toEqual(['nervus.reasoning.intelligence.v1', 'nervus.action.outcomes.v1', 'nervus.identity.workloads.v1', 'nervus.identity.revocations.v1']);
    for (const reference of [...text.matchAll(/\$ref: "?(#[^"\n]+)"?/g)].map((match) => match[1]!)) expect(reference.slice(2).split('/').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], subset), reference).toBeDefined();
    for (const { action, bindings } of Object.values(subset.operations)) {
      expect(action).toBe('receive');
      for (const rule of subscriberAccess('shop', 'eu.').filter(({ resource }) => resource === 'group')) expect(rule.pattern === 'prefixed' ? `${rule.name}a` : rule.name).toMatch(new RegExp(bindings.kafka.groupId.pattern));
    }
  });

  it('refers to nothing that is not in it', () => {
    const references = [...textOf('docs/events/asyncapi.yaml').matchAll(/\$ref: "?(#[^"\n]+)"?/g)].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(allTopics.length);
    for (const reference of references) {
      const found = reference.slice(2).split('/').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
      expect(found, reference).toBeDefined();
    }
  });

  it('has schemas by which another validator than ours accepts every example', () => {
    const ajv = new Ajv({ strict: true, strictTuples: false, validateFormats: false });
    const examples = Object.entries(document.components.messages).flatMap(([name, { examples: all = [], payload }]) => all.map((example) => [name, example.payload, payload.$ref] as const));
    expect(examples.length).toBe(allTopics.flatMap(({ records }) => records.flatMap((type) => type.examples)).length);
    for (const [name, payload, reference] of examples) {
      const validate = ajv.compile(document.components.schemas[reference?.split('/').at(-1) ?? ''] ?? { not: {} });
      validate(payload);
      expect(validate.errors ?? [], name).toEqual([]);
    }
  });

  it('has every topic, every record type, and an operation for each right to write or read', () => {
    expect(Object.keys(document.channels)).toEqual(allTopics.map(({ name }) => name));
    for (const { name, records } of allTopics) for (const { type } of records) expect(document.channels[name]?.messages[type], type).toBeDefined();
    const rights = services.flatMap((service) => accessOf(service, '').flatMap(({ resource, name, operations }) => (resource === 'topic' ? operations.flatMap((one) => (one === 'Write' ? [`${service}.writes.${name}`] : one === 'Read' ? [`${service}.reads.${name}`] : [])) : [])));
    expect(Object.keys(document.operations).toSorted()).toEqual(rights.toSorted());
  });
});

describe('the pages for people', () => {
  const page = textOf('docs/events/README.md');

  it('every topic and every record type can be found, and every link leads to a heading', () => {
    const anchors = new Set([...page.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!)));
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]!);
    for (const link of links) expect(anchors.has(link), link).toBe(true);
    for (const { name, records, copies } of allTopics) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row?.match(/\]\(#/g) ?? [], name).toHaveLength(copies ? 0 : records.length);
    }
  });

  it('no row of a table has other cells than its head, or it would be shown in the wrong columns', () => {
    for (const text of [page, textOf('docs/events/access.md')]) {
      let columns = 0;
      for (const line of text.split('\n')) {
        const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : 0;
        if (cells > 0 && columns > 0) expect(cells, line).toBe(columns);
        columns = cells;
      }
    }
  });
});

describe('the access rules', () => {
  it('as data are those that the services are held to', () => {
    const { rules } = JSON.parse(textOf('docs/events/acls.json')) as { rules: { service: string; principal: string; resource: string; name: string; pattern: string; operations: string[] }[] };
    expect(rules.map(({ service, resource, name, pattern, operations }) => ({ service, resource, name, pattern, operations }))).toEqual(services.flatMap((service) => accessOf(service, '')));
    for (const { service, principal } of rules) expect(principal).toBe(`User:${service}`);
  });
});
