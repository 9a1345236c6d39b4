// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerProperties } from './broker-properties.js';
import { securityFlags } from './broker-security.js';
import { neededPorts, nodesOn } from './cluster.js';
import type { Authentication } from './options.js';
import { administratorPrincipal, scramArguments, type SecurityMaterial, securityMaterial } from './security-material.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nervus security,'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tokens = { issuer: 'launcher', audience: 'kafka', keys: [{ kty: 'EC', kid: 'k' }] };
const security = (authentication: Authentication) => ({ authentication, principals: ['ingestion', 'action'], tokens });
const make = (authentication: Authentication): SecurityMaterial => securityMaterial(folder, security(authentication));
const text = (file: string): string => readFileSync(file, 'utf8');

describe('what brokers and clients prove themselves with', () => {
  it('can be read by its owner alone', () => {
    make('mtls');
    const made = globSync('**/*', { cwd: folder }).map((name) => join(folder, name));
    expect(made.length).toBeGreaterThan(8);
    for (const path of made) expect(statSync(path).mode & 0o777, path).toBe(statSync(path).isDirectory() ? 0o700 : 0o600);
  });

  it('keeps authority and passwords, whatever the way of the next start, and renews certificates', () => {
    const first = make('mtls');
    const [ca, password, certificate] = [text(first.caFile), text(first.passwordFileOf('ingestion')), text(first.certificateOf('ingestion').certFile)];
    const second = make('scram');
    expect(text(second.caFile)).toBe(ca);
    expect(text(second.passwordFileOf('ingestion'))).toBe(password);
    expect(text(second.passwordFileOf('action'))).not.toBe(password);
    expect(text(make('mtls').certificateOf('ingestion').certFile)).not.toBe(certificate);
  });

  it('has no certificate of a service that proves itself otherwise, also when it once had one', () => {
    make('mtls');
    const { certificateOf } = make('oauth');
    expect(existsSync(certificateOf('ingestion').certFile)).toBe(false);
    expect(existsSync(certificateOf(administratorPrincipal).certFile)).toBe(true);
  });

  it('names each client in its certificate, which the authority has signed', () => {
    const { caFile, certificateOf } = make('mtls');
    const authority = new X509Certificate(text(caFile));
    for (const principal of ['ingestion', 'action', administratorPrincipal]) {
      const certificate = new X509Certificate(text(certificateOf(principal).certFile));
      expect(certificate.subject).toBe(`CN=${principal}`);
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(new Date(certificate.validFrom).getTime()).toBeLessThan(Date.now());
    }
  });

  it('tells the format of the storage who has which password', () => {
    const material = make('scram');
    expect(scramArguments(material, ['ingestion'])).toEqual(['--add-scram', `SCRAM-SHA-512=[name=ingestion,password=${text(material.passwordFileOf('ingestion'))}]`]);
  });
});

describe('a secure broker', () => {
  const nodes = nodesOn(['broker', 'broker-2', 'broker-3'], neededPorts(['broker', 'broker-2', 'broker-3'], { broker: 9000, controller: 9001, database: 9100 }, true));
  const propertiesOf = (authentication: Authentication): Readonly<Record<string, string>> => brokerProperties({ node: nodes[1]!, nodes, bind: '127.0.0.1', logDirs: 'data', secure: { security: security(authentication), material: make(authentication) }, overrides: {} });

  it.each(['mtls', 'scram', 'oauth'] as const)('has no way in without TLS, and allows nothing that no rule allows: %s', (authentication) => {
    const properties = propertiesOf(authentication);
    expect(properties['listeners']).toBe('CLIENT://127.0.0.1:9002,INTERNAL://127.0.0.1:9007,CONTROLLER://127.0.0.1:9003');
    expect(properties['listener.security.protocol.map']).toBe(`CONTROLLER:SSL,CLIENT:${authentication === 'mtls' ? 'SSL' : 'SASL_SSL'},INTERNAL:SSL`);
    expect(properties).toMatchObject({ 'ssl.client.auth': 'required', 'allow.everyone.if.no.acl.found': 'false', 'super.users': 'User:nervus-broker;User:nervus-administrator' });
    expect(Object.values(properties).join()).not.toContain('ANONYMOUS');
  });

  it('believes tokens of one issuer for one audience, by keys from the one file that its command line allows', () => {
    const properties = propertiesOf('oauth');
    expect(properties).toMatchObject({ 'sasl.oauthbearer.expected.issuer': 'launcher', 'sasl.oauthbearer.expected.audience': 'kafka' });
    const url = properties['sasl.oauthbearer.jwks.endpoint.url'] ?? '';
    expect(url).toMatch(/^file:\/\/.*\/jwks\.json$/);
    expect(url).not.toContain(',');
    expect(securityFlags({ security: security('oauth'), material: make('oauth') })).toEqual([`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${url}`]);
  });
});
