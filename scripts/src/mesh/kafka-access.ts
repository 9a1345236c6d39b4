// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { accessOf, type ServiceName, services } from '@nervus/contracts';
import type { AccessRule, Authentication, BrokerSecurity, KafkaAccess } from '@nervus/local-infrastructure';
import type { WorkloadKey } from '@nervus/trust';
import { launcherIssuer } from './token-issuer.js';

/** Of the tokens that the brokers take; those for identity are for identity alone. */
export const kafkaAudience = 'kafka';

/** Brokers that know each service by its name, and believe the tokens of this launcher. */
export function brokerSecurity(authentication: Authentication, { publicJwk, kid }: Pick<WorkloadKey, 'publicJwk' | 'kid'>): BrokerSecurity {
  return { authentication, principals: services, tokens: { issuer: launcherIssuer, audience: kafkaAudience, keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] } };
}

/** What each service may do, from the declarations of the topics and from nothing else. */
export function declaredRules(topicPrefix = ''): AccessRule[] {
  return services.flatMap((principal) => accessOf(principal, topicPrefix).map(({ resource, name, pattern, operations }) => ({ principal, resource, name, pattern, operations })));
}

/** The variables by which a service finds what it proves itself with; the file of its token differs between its processes. */
export function kafkaEnvironment({ authentication, credentialsOf }: Pick<KafkaAccess, 'authentication' | 'credentialsOf'>, service: ServiceName): Record<string, string> {
  const { caFile, certFile = '', keyFile = '', passwordFile = '' } = credentialsOf(service);
  switch (authentication) {
    case 'mtls':
      return { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_CA_FILE: caFile, KAFKA_CERT_FILE: certFile, KAFKA_KEY_FILE: keyFile };
    case 'scram':
      return { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_CA_FILE: caFile, KAFKA_USERNAME: service, KAFKA_PASSWORD_FILE: passwordFile };
    case 'oauth':
      return { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_CA_FILE: caFile };
  }
}

/** The variables with which tools of this machine ask the brokers as their administrator, in the form of an env file. */
export function administratorVariables(brokers: readonly string[], access: Pick<KafkaAccess, 'administrator'> | undefined): string {
  const { administrator } = access ?? {};
  const variables = {
    KAFKA_BROKERS: (administrator?.brokers ?? brokers).join(','),
    ...(administrator && { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_CA_FILE: administrator.caFile, KAFKA_CERT_FILE: administrator.certFile, KAFKA_KEY_FILE: administrator.keyFile }),
  };
  return Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`).join('');
}

/** How the administrator connects. */
export function administratorTls({ administrator: { caFile, certFile, keyFile } }: Pick<KafkaAccess, 'administrator'>): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  return { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile) };
}
