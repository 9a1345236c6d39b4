// SPDX-License-Identifier: Apache-2.0
import { subscriberAccess, type SubscriberRule, subscriberTopics } from '@nervus/contracts';
import { type Command, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { usageFailure } from '../failure.js';
import { kafkaOptions, prefixOf } from '../kafka.js';

const forms = ['kafka', 'strimzi'] as const;

/** Prints what lets another service read; giving the rights stays with whoever runs the broker. */
export const subscribersAdd: Command = {
  name: 'subscribers add',
  summary: 'Print the access rules of a service that reads intelligence and outcomes, for Kafka or Strimzi; nothing is changed',
  positionals: ['NAME'],
  options: { form: { value: 'FORM', help: `${forms.join(' or ')}; else kafka` }, principal: { value: 'PRINCIPAL', help: 'its principal on the broker; else User:NAME' }, cluster: { value: 'NAME', help: 'Strimzi: the Kafka cluster; else nervus' }, prefix: kafkaOptions.prefix },
  run(given, context) {
    const name = given.positionals[0] ?? '';
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) throw usageFailure(`"${name}" is no name of a subscriber: write lower-case letters, digits and hyphens`);
    const form = textOption(given, 'form') ?? 'kafka';
    if (form !== 'kafka' && form !== 'strimzi') throw usageFailure(`there is no form "${form}": known are ${forms.join(' and ')}`);
    const principal = textOption(given, 'principal') ?? `User:${name}`;
    if (!/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e ]+$/.test(principal)) throw usageFailure('--principal holds a character that no shell and no YAML could take: write it as User:NAME or User:CN=name,O=org');
    const prefix = prefixOf(given, context);
    const rules = subscriberAccess(name, prefix);
    const text = form === 'kafka' ? kafkaAcls(rules, principal) : strimziUser(rules, name, textOption(given, 'cluster') ?? 'nervus');
    return Promise.resolve({ json: { name, principal, topics: subscriberTopics.map((topic) => prefix + topic.name), rules }, text, exitCode: exitCodes.ok });
  },
};

function kafkaAcls(rules: readonly SubscriberRule[], principal: string): string {
  return rules.map(({ resource, name, pattern, operations }) => `kafka-acls.sh --bootstrap-server "$BROKERS" --command-config admin.properties --add --allow-principal '${principal}' ${operations.map((operation) => `--operation ${operation}`).join(' ')} --${resource} '${name}' --resource-pattern-type ${pattern}`).join('\n');
}

function strimziUser(rules: readonly SubscriberRule[], name: string, cluster: string): string {
  const acls = rules.map(({ resource, name: on, pattern, operations }) => `      - resource: {type: ${resource}, name: ${JSON.stringify(on)}, patternType: ${pattern === 'prefixed' ? 'prefix' : 'literal'}}\n        operations: [${operations.join(', ')}]`);
  return ['apiVersion: kafka.strimzi.io/v1beta2', 'kind: KafkaUser', 'metadata:', `  name: ${name}`, '  labels:', `    strimzi.io/cluster: ${cluster}`, 'spec:', '  authentication: {type: tls}', '  authorization:', '    type: simple', '    acls:', ...acls].join('\n');
}
