// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@nervus/contracts';
import { formatTrustBundle, generatePrivateJwk, parseTrustBundle, type PrivateJwk, thumbprintOfBundle, WorkloadKey } from '@nervus/trust';
import { launcherIssuer } from './token-issuer.js';

/** Where the trust material of one installation lies, and what pins it. */
export interface TrustMaterial {
  /** Readable by identity alone. */
  readonly identityFolder: string;
  readonly bundleFile: string;
  readonly bundleThumbprint: string;
  readonly trustRulesFile: string;
  readonly launcherKey: WorkloadKey;
}

/**
 * Makes the root key, the enrolment key, the launcher's own key, the public bundle and identity's trust rules at the
 * first start, and finds them again at every later one.
 */
export function trustMaterial(folder: string, trustDomain: string): TrustMaterial {
  const identityFolder = join(folder, 'identity');
  mkdirSync(identityFolder, { recursive: true, mode: 0o700 });
  const root = privateKey(join(identityFolder, 'root.jwk'));
  const enrolment = privateKey(join(identityFolder, 'enrolment.jwk'));
  const launcherKey = WorkloadKey.fromPrivateJwk(privateKey(join(folder, 'launcher.jwk')));

  const bundleFile = join(folder, 'trust-bundle.json');
  if (!existsSync(bundleFile)) writeFileSync(bundleFile, formatTrustBundle({ trustDomain, rootKeys: [publicPart(root)], enrolmentKey: publicPart(enrolment), version: 1 }));

  const trustRulesFile = join(identityFolder, 'trust-rules.json');
  if (!existsSync(trustRulesFile)) {
    const rules = services.map((service) => ({ name: `local-${service}`, kind: 'launcher', issuer: launcherIssuer, audience: 'nervus-identity', keys: [launcherKey.publicJwk], subject: { equals: service }, service }));
    writeFileSync(trustRulesFile, `${JSON.stringify({ rules }, null, 2)}\n`);
  }
  return { identityFolder, bundleFile, bundleThumbprint: thumbprintOfBundle(parseTrustBundle(readFileSync(bundleFile))), trustRulesFile, launcherKey };
}

/** A private key of mode 0600, made once. */
function privateKey(file: string): PrivateJwk {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as PrivateJwk;
  const key = generatePrivateJwk();
  writeFileSync(file, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  return key;
}

const publicPart = ({ kty, crv, x, y }: PrivateJwk): { kty: 'EC'; crv: 'P-256'; x: string; y: string } => ({ kty, crv, x, y });
