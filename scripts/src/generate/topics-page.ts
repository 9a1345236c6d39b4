// SPDX-License-Identifier: Apache-2.0
import { type ServiceName, type TopicDeclaration, allTopics, copyHeaders, maxValueBytes, plain, readingOf, recordHeaders, services, signedExtensions } from '@nervus/contracts';
import { generatedNote } from './generated-note.js';
import { fieldRows } from './field-rows.js';
import { anchorOf, code, durationText, escaped, table } from './markdown.js';
import { type TypeGroup, openName, typeGroups } from './type-groups.js';

/** The page of all topics and record types. */
export function topicsPage(): string {
  const groups = typeGroups();
  const headings = new Map(groups.flatMap(({ name, members }) => members.map(({ type }) => [type.type, name])));
  return `# Topics and records

<!-- ${generatedNote} -->

Services speak to each other only through these topics. Each has one owner, which alone writes it; the one exception is enrolments, which every
service writes. The same facts for machines: [asyncapi.yaml](asyncapi.yaml) (AsyncAPI 3). What follows for access rules: [access.md](access.md).
A topic prefix, where one is configured, stands before every name and is part of what is signed.

## How to read the table

- **Readers**: as a *group* (the processes of a service share the records), as a *table* (each process reads all of it when it starts, and keeps the
  newest record per key) or as a *broadcast* (each process reads everything from now on).
- **Order** holds per key. *strict* topics also stop at a record that cannot be handled.
- **Audited** topics are in the log of audit; the others are audit's own, pulses, and copies of records that are in it already.
- **Partitions** are the least that a topic needs; more are fine except for tables.
- In production ${replicationText()}. A single local broker keeps one copy. All topics use \`LogAppendTime\`, because signatures are judged by the time of the broker.

## Topics

${table(['topic', 'what', 'owner', 'readers', 'key', 'partitions', 'retention', 'cleanup', 'order', 'audited', 'records'], allTopics.map((declaration) => topicRow(declaration, headings)))}

## What every record carries

The key is text: \`<tenant>/<id>\`, or \`<id>\` for what belongs to the installation. The value is JSON of at most ${maxValueBytes / 1024} KiB, or nothing (a tombstone: what the key
names is gone). Headers:

${table(['header', 'present', 'what'], Object.entries(recordHeaders).map(([name, { when, description }]) => [code(name), presence[when], description]))}

Copies in dead-letter and retry topics keep key, value and headers byte for byte and add:

${table(['header', 'what'], Object.entries(copyHeaders).map(([name, description]) => [code(name), description]))}

## Versions

A type ends in its major version; \`ce_dataschema\` adds the minor one. A minor version only adds: readers ignore fields that they do not know, and where more than
an addition is needed an upcaster carries earlier values over before they are validated. What would break a reader is a new major version beside
the old one, on a topic of its own. Tests hold every type to every release (\`libs/contracts/released\`). When a union or a bound grows, upgrade the
readers before the writers: a reader of an earlier minor version dead-letters a value that it does not know.

## Records

${groups.map(sectionText).join('\n\n')}
`;
}

const presence = { always: 'always', tenant: 'where the key has a tenant', perhaps: 'where there is one' } as const;

function replicationText(): string {
  const different = new Set(allTopics.map(({ replication }) => `each partition has ${replication.factor} copies, of which ${replication.minInSync} must hold a record before it counts as written`));
  if (different.size !== 1) throw new Error('topics differ in their replication: give it a column of its own in the table');
  return [...different].join('');
}

function topicRow(declaration: TopicDeclaration, headings: ReadonlyMap<string, string>): string[] {
  const { name, description, owner, key, partitions, retentionMs, cleanup, order, audited, records, producers } = declaration;
  return [
    code(name), description, producers.length > 1 ? `${owner} (written by all)` : owner, readersText(declaration), key, String(partitions), durationText(retentionMs), cleanup, order, audited ? 'yes' : 'no',
    declaration.copies ? 'copies' : records.map(({ type }) => `[${shortName(type)}](#${anchorOf(headings.get(type) ?? '')})`).join(', '),
  ];
}

function readersText(declaration: TopicDeclaration): string {
  const byReading = Map.groupBy(services.filter((service) => readingOf(declaration, service)), (service) => readingOf(declaration, service));
  return [...byReading].map(([reading, names]) => `${names.length === services.length ? 'all' : names.join(', ')} (${reading})`).join('; ');
}

/** `decision-made` of `nervus.approval.decision-made.v1`. */
const shortName = (type: string): string => type.split('.').at(2) ?? type;

function sectionText({ name, type, members }: TypeGroup): string {
  const { extensions, minor, description, schema, examples } = type;
  const topic = members.length > 1 ? openName(members[0]!.topic.name) : members[0]!.topic.name;
  const own = [...extensions.required.map((name) => [name, 'yes'] as const), ...extensions.optional.map((name) => [name, 'no'] as const)];
  return [
    `### ${code(name)}`,
    `${escaped(description)}.`,
    `On ${code(topic)}${members.length > 1 ? ` of ${listOf(members.map((member) => member.topic.owner))}` : ''}. Minor version ${minor}.`,
    ...(own.length === 0 ? [] : ['Signed headers of its own:', table(['header', 'required', 'what'], own.map(([name, required]) => [code(`ce_${name}`), required, signedExtensions[name]]))]),
    table(['field', 'type', 'required', 'what'], fieldRows(plain(schema)).map((row) => [code(row.path), row.type, row.required ? 'yes' : 'no', row.description])),
    ['```json', JSON.stringify(examples[0], null, 2), '```'].join('\n'),
  ].join('\n\n');
}

const listOf = (names: readonly ServiceName[]): string => (names.length === services.length ? 'every service' : names.join(' and '));
