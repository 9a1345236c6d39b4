// SPDX-License-Identifier: Apache-2.0
// What brokers and clients of one installation prove themselves with. All of it is made here, for this data folder, and
// readable by its owner alone: the authority and the passwords at the first start, certificates anew at every start.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerSecurity } from './options.js';
import { createAuthority, issueCertificate, type KeyAndCertificate } from './x509.js';

/** Names that brokers and the launcher have on the brokers; no service may be called so. */
export const brokerPrincipal = 'nervus-broker';
export const administratorPrincipal = 'nervus-administrator';

const authorityName = 'Nervus local CA';
const authorityDays = 3650;
/** Longer than any launcher runs without being started again. */
const leafDays = 365;
/** A clock that is put back a little must not make a fresh certificate one of the future. */
const backdatedMs = 3_600_000;

/** Files, all PEM but the passwords. */
export interface SecurityMaterial {
  readonly folder: string;
  readonly caFile: string;
  /** Key and certificate in one, as Kafka takes them. */
  readonly brokerFile: string;
  readonly jwksFile: string;
  readonly certificateOf: (principal: string) => { readonly certFile: string; readonly keyFile: string };
  readonly passwordFileOf: (principal: string) => string;
}

/** Makes what is missing, renews the certificates, and removes those that this way of authentication does not use. */
export function securityMaterial(dataDir: string, { authentication, principals, tokens }: BrokerSecurity): SecurityMaterial {
  const folder = join(dataDir, 'security');
  const certificates = join(folder, 'certificates');
  rmSync(certificates, { recursive: true, force: true });
  mkdirSync(certificates, { recursive: true, mode: 0o700 });
  const material: SecurityMaterial = {
    folder,
    caFile: join(folder, 'ca.pem'),
    brokerFile: join(certificates, 'broker.pem'),
    jwksFile: join(folder, 'jwks.json'),
    certificateOf: (principal) => ({ certFile: join(certificates, `${principal}.pem`), keyFile: join(certificates, `${principal}.key`) }),
    passwordFileOf: (principal) => join(folder, 'passwords', principal),
  };
  const authority = authorityOf(folder, material.caFile);
  const issue = (commonName: string, server = false): KeyAndCertificate =>
    issueCertificate(authority, authorityName, { commonName, validFrom: new Date(Date.now() - backdatedMs), validDays: leafDays, ...(server && { server: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] } }) });

  const broker = issue(brokerPrincipal, true);
  write(material.brokerFile, broker.key + broker.certificate);
  for (const principal of [administratorPrincipal, ...(authentication === 'mtls' ? principals : [])]) {
    const { key, certificate } = issue(principal);
    write(material.certificateOf(principal).keyFile, key);
    write(material.certificateOf(principal).certFile, certificate);
  }
  // Whatever the way of today: the storage learns of passwords only when it is formatted.
  mkdirSync(join(folder, 'passwords'), { recursive: true, mode: 0o700 });
  for (const principal of principals) if (!existsSync(material.passwordFileOf(principal))) write(material.passwordFileOf(principal), randomBytes(24).toString('base64url'));
  if (tokens) write(material.jwksFile, JSON.stringify({ keys: tokens.keys }));
  return material;
}

/** Arguments of the format that make the users of SCRAM known; the format reads them from a file, out of sight of `ps`. */
export function scramArguments(material: SecurityMaterial, principals: readonly string[]): string[] {
  return principals.flatMap((principal) => ['--add-scram', `SCRAM-SHA-512=[name=${principal},password=${readFileSync(material.passwordFileOf(principal), 'utf8')}]`]);
}

function authorityOf(folder: string, caFile: string): KeyAndCertificate {
  const keyFile = join(folder, 'ca.key');
  if (!existsSync(caFile) || !existsSync(keyFile)) {
    const { key, certificate } = createAuthority(authorityName, new Date(Date.now() - backdatedMs), authorityDays);
    write(keyFile, key);
    write(caFile, certificate);
  }
  return { key: readFileSync(keyFile, 'utf8'), certificate: readFileSync(caFile, 'utf8') };
}

function write(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
}
