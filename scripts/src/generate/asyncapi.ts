// SPDX-License-Identifier: Apache-2.0
// The mesh as an AsyncAPI 3 document: a channel per topic, a message per record type, an operation for each service that
// writes or reads a topic.
import { readFileSync } from 'node:fs';
import { type Reading, type RecordType, type ServiceName, type TopicDeclaration, allTopics, copyHeaders, dataSchemaOf, plain, readingOf, recordHeaders, services, signedExtensions, subscriberTopics } from '@nervus/contracts';
import { configurationOf } from '@nervus/messaging';
import { stringify } from 'yaml';
import { generatedNote } from './generated-note.js';
import { type TypeGroup, typeGroups } from './type-groups.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
const bindingVersion = '0.5.0';
const license = { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' };
const servers = { local: { host: '127.0.0.1:19092', protocol: 'kafka', description: 'The broker of `npm start`, unless its port was taken.' } };
const copied = 'copied-record';
const commonHeaders = 'record-headers';

/** The whole mesh as YAML. */
export const asyncApiText = (): string => textOf(asyncApiDocument());

/** What other services may read, as YAML. */
export const subscriberApiText = (): string => textOf(subscriberApiDocument());

const textOf = (document: object): string => `# SPDX-License-Identifier: Apache-2.0\n# ${generatedNote}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** What other services may read, as data: the contract of the edge. Whatever is not in it may change without notice. */
export function subscriberApiDocument(): Readonly<Record<string, unknown>> {
  const groups = typeGroups(subscriberTopics);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Nervus for subscribers',
      version,
      description: 'What other services may read: what the mesh concluded (intelligence), what it did (outcomes), and what the signatures of both are verified with (workloads, revocations). Inside a major version of a type, fields are only added. Names are without the configured topic prefix, which is part of what is signed.',
      license,
    },
    defaultContentType: 'application/json',
    servers,
    channels: Object.fromEntries(subscriberTopics.map((declaration) => [declaration.name, channelOf(declaration)])),
    operations: Object.fromEntries(subscriberTopics.map((declaration) => [
      `subscriber.reads.${declaration.name}`,
      {
        action: 'receive', summary: `a subscriber reads ${declaration.name}`, channel: { $ref: `#/channels/${declaration.name}` }, messages: messageNames(declaration).map((name) => ({ $ref: `#/channels/${declaration.name}/messages/${name}` })),
        bindings: { kafka: { groupId: { type: 'string', pattern: '^(.*\\.)?subscriber\\.[a-z0-9-]+(\\..+)?$' }, bindingVersion } },
      },
    ])),
    components: componentsOf(groups),
  };
}

/** The whole mesh as data. */
export function asyncApiDocument(): Readonly<Record<string, unknown>> {
  const groups = typeGroups();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Nervus',
      version,
      description: 'Topics and records of the mesh. Names are without the configured topic prefix, which is part of what is signed. Records are CloudEvents 1.0 in the binary mode of Kafka.',
      license,
    },
    defaultContentType: 'application/json',
    servers,
    channels: Object.fromEntries(allTopics.map((declaration) => [declaration.name, channelOf(declaration)])),
    operations: Object.fromEntries(services.flatMap((service) => allTopics.flatMap((declaration) => operationsOf(service, declaration)))),
    components: componentsOf(groups, [[copied, copiedMessage()]]),
  };
}

const componentsOf = (groups: readonly TypeGroup[], others: readonly (readonly [string, object])[] = []): object => ({
  messages: Object.fromEntries([...groups.flatMap((group) => group.members.map(({ topic, type }) => [type.type, messageOf(topic, type, schemaName(group))] as const)), ...others]),
  schemas: Object.fromEntries([[commonHeaders, commonHeaderSchema()], ...groups.map((group) => [schemaName(group), plain(group.type.schema)] as const)]),
});

/** A schema that services share has the name of none of them. */
const schemaName = ({ name }: TypeGroup): string => name.replace('.<service>.', '.');

const messageNames = (declaration: TopicDeclaration): string[] => (declaration.copies ? [copied] : declaration.records.map(({ type }) => type));

function channelOf(declaration: TopicDeclaration): object {
  const { settings } = configurationOf(declaration, '');
  const { 'cleanup.policy': cleanup = '', 'retention.ms': retention = '', ...others } = settings;
  return {
    address: declaration.name,
    description: declaration.description,
    messages: Object.fromEntries(messageNames(declaration).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    tags: [{ name: declaration.owner }],
    bindings: {
      kafka: {
        topic: declaration.name,
        partitions: declaration.partitions,
        replicas: declaration.replication.factor,
        topicConfiguration: { 'cleanup.policy': [cleanup], 'retention.ms': Number(retention), 'min.insync.replicas': declaration.replication.minInSync, ...others },
        bindingVersion,
      },
    },
    'x-nervus-owner': declaration.owner,
    'x-nervus-order': declaration.order,
    'x-nervus-audited': declaration.audited,
  };
}

function operationsOf(service: ServiceName, declaration: TopicDeclaration): [string, object][] {
  const reading = readingOf(declaration, service);
  return [
    ...(declaration.producers.includes(service) ? [[`${service}.writes.${declaration.name}`, operation(service, declaration, 'send')] as [string, object]] : []),
    ...(reading ? [[`${service}.reads.${declaration.name}`, operation(service, declaration, 'receive', reading)] as [string, object]] : []),
  ];
}

function operation(service: ServiceName, declaration: TopicDeclaration, action: 'send' | 'receive', reading?: Reading): object {
  return {
    action,
    summary: action === 'send' ? `${service} writes ${declaration.name}` : `${service} reads ${declaration.name} as a ${reading}`,
    channel: { $ref: `#/channels/${declaration.name}` },
    messages: messageNames(declaration).map((name) => ({ $ref: `#/channels/${declaration.name}/messages/${name}` })),
    tags: [{ name: service }],
    ...(reading ? { bindings: { kafka: { groupId: reading === 'group' ? { type: 'string', const: service } : { type: 'string', pattern: `^${service}\\.table\\..+$` }, bindingVersion } }, 'x-nervus-reading': reading } : {}),
  };
}

function messageOf(declaration: TopicDeclaration, type: RecordType, schema: string): object {
  return {
    name: type.type,
    title: type.type,
    summary: type.description,
    contentType: 'application/json',
    headers: headersOf(declaration, type),
    payload: { $ref: `#/components/schemas/${schema}` },
    correlationId: { location: '$message.header#/ce_correlationid', description: 'id of the first signal' },
    bindings: { kafka: { key: { type: 'string', description: declaration.key }, bindingVersion } },
    examples: type.examples.map((payload) => ({ payload })),
    'x-nervus-minor': type.minor,
  };
}

/** The headers that every record has, once, and what this type adds to them. */
function headersOf({ tenantInKey }: TopicDeclaration, { type, minor, extensions }: RecordType): object {
  const own = [...extensions.required, ...extensions.optional].map((name) => [`ce_${name}`, { type: 'string', description: signedExtensions[name] }] as const);
  const required = [...(tenantInKey ? headersPresent('tenant') : []), ...extensions.required.map((name) => `ce_${name}`)];
  const properties = Object.fromEntries([['ce_type', { const: type }], ['ce_dataschema', { const: dataSchemaOf(type, minor) }], ...own]);
  return { allOf: [{ $ref: `#/components/schemas/${commonHeaders}` }, { type: 'object', ...(required.length > 0 ? { required } : {}), properties }] };
}

function commonHeaderSchema(): object {
  const fixed: Readonly<Record<string, string>> = { ce_specversion: '1.0', 'content-type': 'application/json' };
  const properties = Object.entries(recordHeaders).map(([name, { description }]) => [name, { type: 'string', description, ...(name in fixed ? { const: fixed[name] } : {}) }] as const);
  return { type: 'object', required: headersPresent('always'), properties: Object.fromEntries(properties) };
}

const headersPresent = (wanted: 'always' | 'tenant'): string[] => Object.entries(recordHeaders).flatMap(([name, { when }]) => (when === wanted ? [name] : []));

function copiedMessage(): object {
  return {
    name: copied,
    title: 'copy of a record',
    summary: 'A record of another topic, byte for byte, under its own key, headers and signature, with where it came from',
    headers: {
      type: 'object',
      required: Object.keys(copyHeaders).slice(0, 1),
      properties: Object.fromEntries(Object.entries(copyHeaders).map(([name, description]) => [name, { type: 'string', description }])),
    },
    payload: { description: 'as the original' },
    bindings: { kafka: { key: { type: 'string', description: 'as the original' }, bindingVersion } },
  };
}
