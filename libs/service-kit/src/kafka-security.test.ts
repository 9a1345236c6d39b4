// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';
import { type KafkaSecurity, kafkaSecurity, KafkaSecurityConfig } from './kafka-security.js';

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kafka-security-'));
  for (const name of ['ca', 'cert', 'key', 'password', 'token']) writeFileSync(path(name), `${name}-1\n`);
  writeFileSync(path('empty'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a service makes of these variables; names of files stand for their paths. */
function fromVariables(variables: Readonly<Record<string, string>>): KafkaSecurity {
  const environment = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`KAFKA_${name}`, name.endsWith('_FILE') ? path(value) : value]));
  return kafkaSecurity(loadConfig(Type.Object(KafkaSecurityConfig.properties), environment));
}

const scram = { SECURITY_PROTOCOL: 'SASL_SSL', SASL_MECHANISM: 'SCRAM-SHA-512', USERNAME: 'ingestion', PASSWORD_FILE: 'password' };
const oauth = { SECURITY_PROTOCOL: 'SASL_SSL', SASL_MECHANISM: 'OAUTHBEARER', TOKEN_FILE: 'token' };

describe('how a service gets into Kafka', () => {
  it('is without any proof when nothing is set', () => expect(fromVariables({})).toEqual({}));

  it('is a certificate of its own with SSL', () => {
    const { ssl, sasl } = fromVariables({ SECURITY_PROTOCOL: 'SSL', CA_FILE: 'ca', CERT_FILE: 'cert', KEY_FILE: 'key' });
    expect({ ...(ssl as object) }).toEqual({ ca: Buffer.from('ca-1\n'), cert: Buffer.from('cert-1\n'), key: Buffer.from('key-1\n') });
    expect(sasl).toBeUndefined();
  });

  it('is TLS with the authorities of the system when no other is named: what is not set is not even there', () => {
    expect(Object.keys(fromVariables(scram).ssl as object)).toEqual([]);
    expect(fromVariables({ ...scram, SECURITY_PROTOCOL: 'SASL_PLAINTEXT' })).not.toHaveProperty('ssl');
  });

  it('is a password, without the line break at the end of its file', () => {
    expect(fromVariables(scram).sasl).toMatchObject({ mechanism: 'scram-sha-512', username: 'ingestion', password: 'password-1' });
    expect(fromVariables({ ...scram, SASL_MECHANISM: 'PLAIN' }).sasl).toMatchObject({ mechanism: 'plain', password: 'password-1' });
  });

  it('is read again whenever it is needed, or a renewed certificate, password or token would never be used', async () => {
    const [{ ssl }, { sasl: user }, { sasl: bearer }] = [fromVariables({ ...scram, CERT_FILE: 'cert', KEY_FILE: 'key' }), fromVariables(scram), fromVariables(oauth)];
    for (const name of ['cert', 'password', 'token']) writeFileSync(path(name), `${name}-2\n`);
    expect((ssl as { cert: Buffer }).cert.toString()).toBe('cert-2\n');
    expect(user).toMatchObject({ password: 'password-2' });
    await expect((bearer as { token: () => Promise<string> }).token()).resolves.toBe('token-2');
  });
});

describe('a combination that cannot work stops the start and names the variables:', () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a secret for a listener that asks for none', { PASSWORD_FILE: 'password', USERNAME: 'x' }, 'KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which makes no use of KAFKA_USERNAME, KAFKA_PASSWORD_FILE: set it to SASL_SSL, or leave them away'],
    ['an authority without TLS', { CA_FILE: 'ca' }, 'KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which makes no use of KAFKA_CA_FILE: set it to SSL or SASL_SSL, or leave it away'],
    ['a mechanism without SASL', { SECURITY_PROTOCOL: 'SSL', SASL_MECHANISM: 'PLAIN' }, 'KAFKA_SECURITY_PROTOCOL is SSL, which makes no use of KAFKA_SASL_MECHANISM: set it to SASL_SSL, or leave it away'],
    ['SASL without a mechanism', { SECURITY_PROTOCOL: 'SASL_SSL' }, 'KAFKA_SECURITY_PROTOCOL is SASL_SSL, but KAFKA_SASL_MECHANISM is not set: set it to SCRAM-SHA-512, PLAIN or OAUTHBEARER'],
    ['a password for a token', { ...oauth, USERNAME: 'x' }, 'KAFKA_SASL_MECHANISM is OAUTHBEARER, which makes no use of KAFKA_USERNAME'],
    ['a token for a password', { ...scram, TOKEN_FILE: 'token' }, 'KAFKA_SASL_MECHANISM is SCRAM-SHA-512, which makes no use of KAFKA_TOKEN_FILE'],
    ['half of a certificate', { SECURITY_PROTOCOL: 'SSL', CERT_FILE: 'cert' }, 'of KAFKA_CERT_FILE and KAFKA_KEY_FILE only one is set'],
    ['a file that is not there', { ...oauth, TOKEN_FILE: 'nowhere' }, 'KAFKA_TOKEN_FILE names'],
    ['a file without content', { ...oauth, TOKEN_FILE: 'empty' }, 'which is empty'],
    ['an unknown protocol', { SECURITY_PROTOCOL: 'TLS' }, 'KAFKA_SECURITY_PROTOCOL'],
  ])('%s', (_, variables, sentence) => {
    expect(() => fromVariables(variables)).toThrow(ConfigError);
    expect(() => fromVariables(variables)).toThrow(sentence);
  });

  it('a mechanism without what it needs', () => {
    expect(() => fromVariables({ SECURITY_PROTOCOL: 'SASL_SSL', SASL_MECHANISM: 'SCRAM-SHA-512' })).toThrow('KAFKA_SASL_MECHANISM is SCRAM-SHA-512, which needs KAFKA_USERNAME and KAFKA_PASSWORD_FILE: set them');
    expect(() => fromVariables({ SECURITY_PROTOCOL: 'SASL_SSL', SASL_MECHANISM: 'OAUTHBEARER' })).toThrow('KAFKA_SASL_MECHANISM is OAUTHBEARER, which needs KAFKA_TOKEN_FILE: set it');
  });
});
