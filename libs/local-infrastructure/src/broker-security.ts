// SPDX-License-Identifier: Apache-2.0
import { pathToFileURL } from 'node:url';
import type { BrokerSecurity } from './options.js';
import { administratorPrincipal, brokerPrincipal, type SecurityMaterial } from './security-material.js';

/** A secure broker that is started: what is asked of it, and the files for it. */
export interface SecureBroker {
  readonly security: BrokerSecurity;
  readonly material: SecurityMaterial;
}

/** What the listener of clients speaks. */
export const clientProtocol = ({ authentication }: BrokerSecurity): 'SSL' | 'SASL_SSL' => (authentication === 'mtls' ? 'SSL' : 'SASL_SSL');

/**
 * Lines of `server.properties` that make a broker ask everyone who they are, and refuse what no access rule allows.
 * Brokers, controllers and the administrator always use mutual TLS.
 */
export function securityProperties({ security: { authentication, tokens }, material: { caFile, brokerFile, jwksFile } }: SecureBroker): Readonly<Record<string, string>> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': brokerFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': caFile,
    'ssl.client.auth': 'required',
    'ssl.principal.mapping.rules': 'RULE:^CN=([a-z0-9-]+)$/$1/,DEFAULT',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    'super.users': `User:${brokerPrincipal};User:${administratorPrincipal}`,
    ...(authentication === 'scram' && {
      'listener.name.client.ssl.client.auth': 'none',
      'listener.name.client.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.client.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    }),
    ...(authentication === 'oauth' && {
      'listener.name.client.ssl.client.auth': 'none',
      'listener.name.client.sasl.enabled.mechanisms': 'OAUTHBEARER',
      'listener.name.client.oauthbearer.sasl.jaas.config': 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
      'listener.name.client.oauthbearer.sasl.server.callback.handler.class': 'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
      'sasl.oauthbearer.jwks.endpoint.url': fileUrl(jwksFile),
      'sasl.oauthbearer.expected.issuer': tokens?.issuer ?? '',
      'sasl.oauthbearer.expected.audience': tokens?.audience ?? '',
    }),
  };
}

/** Kafka reads keys of tokens only from addresses that the command line allows. */
export const securityFlags = ({ security, material: { jwksFile } }: SecureBroker): readonly string[] => (security.authentication === 'oauth' ? [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${fileUrl(jwksFile)}`] : []);

/** A comma would end the address in a list of them. */
const fileUrl = (path: string): string => pathToFileURL(path).href.replaceAll(',', '%2C');
