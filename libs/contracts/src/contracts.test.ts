// SPDX-License-Identifier: Apache-2.0
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { AgentReference, ExactAction, PublicJwk, accessOf, actionIdOf, allTopics, childrenOf, derivedId, findOperation, isSchema, readingOf, runIdOf, services, targetAndEffect, tools, topicOf, topicsReadBy, variantsOf } from './index.js';

const recordTypes = allTopics.flatMap((declaration) => declaration.records);

describe('record types', () => {
  it('no type is written to two topics, or a verifier could not name its producer', () => {
    const seen = new Set<string>();
    for (const type of recordTypes) {
      expect(seen.has(type.type), type.type).toBe(false);
      seen.add(type.type);
      expect(topicOf(type).records).toContain(type);
    }
  });

  it.each(recordTypes.map((type) => [type.type, type] as const))('%s: its examples are valid', (_, type) => {
    const schema = Compile(type.schema);
    for (const example of type.examples) expect([...schema.Errors(example)]).toEqual([]);
  });

  it('objects take fields that they do not know, or a newer minor version could not be read; only what is digested or signed as a whole is closed', () => {
    const wholes: ReadonlySet<unknown> = new Set([ExactAction, AgentReference, PublicJwk].map((schema) => JSON.stringify(schema)));
    const closed = (schema: unknown): unknown[] => (isSchema(schema) ? variantsOf(schema).flatMap((variant) => [...(variant['additionalProperties'] === false ? [variant] : []), ...childrenOf(variant, '').flatMap(([, child]) => closed(child))]) : []);
    for (const type of recordTypes) for (const found of closed(type.schema)) expect(wholes.has(JSON.stringify(found)), `${type.type}: ${JSON.stringify(found)} is closed`).toBe(true);
  });

  it('a type is named after its owner, or its records would look like forgeries', () => {
    for (const declaration of allTopics) for (const type of declaration.records) expect(type.type.startsWith(`nervus.${declaration.owner}.`), type.type).toBe(true);
  });
});

describe('topics', () => {
  it('only the owner produces, save enrolments', () => {
    for (const declaration of allTopics) {
      const expected = declaration.name === 'nervus.identity.enrolments.v1' ? services : [declaration.owner];
      expect(declaration.producers).toEqual(expected);
    }
  });

  it('audit reads everything but receipts, checkpoints, pulses, retries and dead letters as a group', () => {
    const unread = allTopics.filter((declaration) => readingOf(declaration, 'audit') !== 'group').map((declaration) => declaration.name);
    const expected = ['nervus.approval.pulses.v1', 'nervus.audit.checkpoints.v1', 'nervus.audit.receipts.v1', 'nervus.identity.answers.v1', 'nervus.identity.revocations.v1', 'nervus.identity.workloads.v1', ...services.filter((name) => name !== 'audit').flatMap((name) => ['dlq', 'retry-1m', 'retry-10m', 'retry-1h'].map((stream) => `nervus.${name}.${stream}.v1`))];
    expect(unread.toSorted()).toEqual(expected.toSorted());
  });

  it('a service may write nothing but its own topics and enrolments', () => {
    for (const service of services) {
      const written = accessOf(service, 'x.').filter((rule) => rule.resource === 'topic' && rule.operations.includes('Write'));
      for (const rule of written) expect(rule.name).toMatch(new RegExp(`^x\\.nervus\\.(${service}\\.|identity\\.enrolments\\.v1$)`));
    }
  });

  it('every table is compacted and has one partition, or a process could not know that it has read it whole', () => {
    for (const service of services) for (const declaration of topicsReadBy(service, 'table')) expect([declaration.cleanup, declaration.partitions], declaration.name).toEqual(['compact', 1]);
  });
});

describe('ids', () => {
  it('parts that only join to the same text do not make the same id', () => {
    expect(derivedId('ab', 'c')).not.toBe(derivedId('a', 'bc'));
    expect(runIdOf('default', 'market-news', 'x')).toBe(runIdOf('default', 'market-news', 'x'));
    expect(actionIdOf('r', '/do/0', 1)).not.toBe(actionIdOf('r', '/do/0', 2));
  });
});

describe('tools', () => {
  it('every parameter is either control or data, or taint could hide in it', () => {
    for (const tool of tools) {
      for (const operation of tool.operations) {
        const properties = Object.keys((operation.input as unknown as { properties: object }).properties).map((name) => `/${name}`);
        expect([...operation.control, ...operation.data].toSorted(), `${tool.id}.${operation.name}`).toEqual(properties.toSorted());
      }
    }
  });

  it('an unknown or missing method counts as irreversible', () => {
    const { operation } = findOperation('http', 'request', 1)!;
    expect(targetAndEffect(operation, { method: 'GET', url: 'https://a.example/' })).toEqual({ target: 'GET https://a.example/', effect: 'read' });
    expect(targetAndEffect(operation, { method: 'PURGE', url: 'https://a.example/' }).effect).toBe('irreversible');
    expect(targetAndEffect(operation, {}).effect).toBe('irreversible');
    expect(targetAndEffect(operation, { method: 'constructor' }).effect).toBe('irreversible');
  });
});
