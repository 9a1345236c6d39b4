// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import kafkajs, { type AclEntry } from 'kafkajs';
import type { SecureBroker } from './broker-security.js';
import type { BrokerNode } from './cluster.js';
import { InfrastructureError } from './errors.js';
import type { AccessRule, ClientCredentials, KafkaAccess } from './options.js';
import { asking, type Contact } from './readiness.js';
import { administratorPrincipal } from './security-material.js';

/** The administrator at some of the brokers; at a plain broker everybody is one. */
export function administratorContact(nodes: readonly BrokerNode[], secure: SecureBroker | undefined): Contact {
  if (!secure) return { brokers: nodes.map(({ ports }) => `127.0.0.1:${ports.broker}`) };
  const { certFile, keyFile } = secure.material.certificateOf(administratorPrincipal);
  const pem = (file: string): string => readFileSync(file, 'utf8');
  return { brokers: nodes.map(({ ports }) => `127.0.0.1:${ports.administration}`), ssl: { ca: pem(secure.material.caFile), cert: pem(certFile), key: pem(keyFile) } };
}

export function kafkaAccess(nodes: readonly BrokerNode[], secure: SecureBroker): KafkaAccess {
  const { security: { authentication, principals }, material } = secure;
  const contact = administratorContact(nodes, secure);
  return {
    authentication,
    administrator: { brokers: contact.brokers, caFile: material.caFile, ...material.certificateOf(administratorPrincipal) },
    credentialsOf: (principal): ClientCredentials => {
      if (!principals.includes(principal)) throw new InfrastructureError('not_ours', `There are no credentials of "${principal}": the brokers were started for ${principals.join(', ')}`, { principal });
      if (authentication === 'mtls') return { caFile: material.caFile, ...material.certificateOf(principal) };
      return { caFile: material.caFile, ...(authentication === 'scram' && { passwordFile: material.passwordFileOf(principal) }) };
    },
    setRules: (rules) => setRules(contact, rules),
  };
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const anything = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };

/** What is right stays as it is while clients run; what is missing is added first. */
function setRules(contact: Contact, rules: readonly AccessRule[]): Promise<void> {
  return asking(contact, async (admin) => {
    const wanted = new Map(rules.flatMap(entriesOf).map((entry) => [JSON.stringify(entry), entry]));
    const { resources } = await admin.describeAcls(anything);
    const found = new Map(resources.flatMap(({ acls, ...resource }) => acls.map((acl) => entry({ ...resource, ...acl }))).map((each) => [JSON.stringify(each), each]));
    const missing = [...wanted].filter(([key]) => !found.has(key)).map(([, each]) => each);
    const surplus = [...found].filter(([key]) => !wanted.has(key)).map(([, each]) => each);
    if (missing.length > 0) await admin.createAcls({ acl: missing });
    if (surplus.length > 0) await admin.deleteAcls({ filters: surplus });
  });
}

/** Always with its members in this order, so that equal ones have equal texts. */
const entry = ({ resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType }: AclEntry): AclEntry => ({ resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType });

function entriesOf({ principal, resource, name, pattern, operations }: AccessRule): AclEntry[] {
  return operations.map((operation) =>
    entry({
      resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: name,
      resourcePatternType: pattern === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
      principal: `User:${principal}`,
      host: '*',
      operation: operationOf(operation),
      permissionType: AclPermissionTypes.ALLOW,
    }),
  );
}

/** `DescribeConfigs` as Kafka's own names of operations have it: DESCRIBE_CONFIGS. */
function operationOf(name: string): kafkajs.AclOperationTypes {
  const found = (AclOperationTypes as unknown as Readonly<Record<string, kafkajs.AclOperationTypes | undefined>>)[name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase()];
  if (found === undefined) throw new TypeError(`Kafka knows no operation "${name}"`);
  return found;
}
