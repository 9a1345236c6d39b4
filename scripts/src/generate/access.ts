// SPDX-License-Identifier: Apache-2.0
import { type AccessRule, type ServiceName, type TopicDeclaration, accessOf, findTopic, readingOf, services } from '@nervus/contracts';
import { generatedNote } from './generated-note.js';
import { code, table } from './markdown.js';

/** What tools that set up a broker read: one allowed thing a rule, for the principal of one service. */
export function accessControlData(): string {
  const rules = services.flatMap((service) =>
    accessOf(service, '').map(({ resource, name, pattern, operations }) => ({ service, principal: `User:${service}`, resource, name, pattern, operations, host: '*', permission: 'Allow' })),
  );
  const note = `${generatedNote} Put the configured topic prefix before every name.`;
  return `{\n  "note": ${JSON.stringify(note)},\n  "rules": [\n${rules.map((rule) => `    ${JSON.stringify(rule)}`).join(',\n')}\n  ]\n}\n`;
}

/** The same for people. */
export function accessPage(): string {
  return `# Who may do what on the broker

<!-- ${generatedNote} -->

These are all the rights that the services need and all that they should have. As data for tools: [acls.json](acls.json). Each service connects as
a principal of its own (\`User:approval\` with SASL, or the name in its certificate); the broker runs \`StandardAuthorizer\` with
\`allow.everyone.if.no.acl.found=false\`. Where a topic prefix is configured, it stands before every name here.

- **Write** on a topic includes idempotent writing; there is no separate right for it since Kafka 2.8.
- **DescribeConfigs** lets a service compare its topics with the declaration when it starts. Without it the service warns and goes on.
- Table groups belong to one process each: \`<service>.table.<epoch>\`. A process removes its own when it ends, which is why it may **Delete** there and
  nowhere else.
- No service may create, delete or alter a topic, and none has a right on the cluster. Who creates the topics is an administrator, or the launcher
  of a local mesh.

${services.map(sectionOf).join('\n\n')}
`;
}

function sectionOf(service: ServiceName): string {
  const rules = accessOf(service, '');
  return `## ${service}\n\n${table(
    ['resource', 'name', 'operations', 'because'],
    rules.map((rule) => [rule.resource, code(rule.pattern === 'prefixed' ? `${rule.name}*` : rule.name), rule.operations.join(', '), reasonOf(rule)]),
  )}`;
}

function reasonOf({ service, resource, name, pattern }: AccessRule): string {
  if (resource === 'group') return pattern === 'prefixed' ? 'tables and broadcasts, a group for each process' : 'what its processes share';
  const declaration = findTopic(name);
  if (!declaration) return '';
  return [...(declaration.producers.includes(service) ? ['writes it'] : []), ...readingText(declaration, service)].join(', ');
}

function readingText(declaration: TopicDeclaration, service: ServiceName): string[] {
  const reading = readingOf(declaration, service);
  return reading === undefined ? [] : [`reads it as ${reading === 'group' ? 'a group' : `a ${reading}`}`];
}
