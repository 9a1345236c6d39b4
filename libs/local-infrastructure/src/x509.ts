// SPDX-License-Identifier: Apache-2.0
// Just enough of X.509 (RFC 5280) for the certificates of one machine: ECDSA with P-256 and SHA-256, one common name.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and the key that goes with it, both PEM; the key in PKCS#8 and not encrypted. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Addresses that a server with it answers at; without any it is good for clients only. */
  readonly server?: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] } | undefined;
  readonly validFrom: Date;
  readonly validDays: number;
}

/** A certificate authority of its own, which may issue to nobody but leaves. */
export function createAuthority(commonName: string, validFrom: Date, validDays: number): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension(oids.basicConstraints, true, sequence(boolean(true), integer(Buffer.from([0])))),
    extension(oids.keyUsage, true, bitString(Buffer.from([0b0000_0110]), 1)),
    extension(oids.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
  ];
  return { key: pemOfKey(privateKey), certificate: certificate({ subject: commonName, issuer: commonName, publicKey, signer: privateKey, validFrom, validDays, extensions }) };
}

/** A leaf with a key of its own. */
export function issueCertificate(authority: KeyAndCertificate, authorityName: string, request: CertificateRequest): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { server } = request;
  const extensions = [
    extension(oids.basicConstraints, true, sequence()),
    extension(oids.keyUsage, true, bitString(Buffer.from([0b1000_0000]), 7)),
    extension(oids.extendedKeyUsage, false, sequence(...(server ? [oids.serverAuth] : []), oids.clientAuth)),
    extension(oids.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    extension(oids.authorityKeyIdentifier, false, sequence(tlv(0x80, keyIdentifier(createPublicKey(authority.key))))),
    ...(server ? [extension(oids.subjectAlternativeName, false, sequence(...server.dnsNames.map((name) => tlv(0x82, Buffer.from(name, 'latin1'))), ...server.ipAddresses.map((address) => tlv(0x87, ipv4(address)))))] : []),
  ];
  return {
    key: pemOfKey(privateKey),
    certificate: certificate({ subject: request.commonName, issuer: authorityName, publicKey, signer: createPrivateKey(authority.key), validFrom: request.validFrom, validDays: request.validDays, extensions }),
  };
}

interface Content {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly validFrom: Date;
  readonly validDays: number;
  readonly extensions: readonly Buffer[];
}

function certificate({ subject, issuer, publicKey, signer, validFrom, validDays, extensions }: Content): string {
  const algorithm = sequence(oids.ecdsaWithSha256);
  const serial = randomBytes(16);
  // Positive, and without a leading zero that DER would not allow.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const validUntil = new Date(validFrom.getTime() + validDays * 24 * 3_600_000);
  const content = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name(issuer),
    sequence(time(validFrom), time(validUntil)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  return pem('CERTIFICATE', sequence(content, algorithm, bitString(sign('sha256', content, signer), 0)));
}

const pemOfKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Of a P-256 key the point is the end of its SPKI form: 04, x, y. */
const keyIdentifier = (publicKey: KeyObject): Buffer => createHash('sha1').update(publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)).digest();

const name = (commonName: string): Buffer => sequence(tlv(0x31, sequence(oids.commonName, tlv(0x0c, Buffer.from(commonName, 'utf8')))));

/** UTCTime up to 2049, GeneralizedTime from then on. */
function time(at: Date): Buffer {
  const digits = `${at.toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;
  return at.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

const ipv4 = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

const extension = (id: Buffer, critical: boolean, value: Buffer): Buffer => sequence(id, ...(critical ? [boolean(true)] : []), octetString(value));

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes);
const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
const octetString = (bytes: Buffer): Buffer => tlv(0x04, bytes);
const bitString = (bytes: Buffer, unusedBits: number): Buffer => tlv(0x03, Buffer.from([unusedBits]), bytes);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));

const oids = {
  /** 1.2.840.10045.4.3.2 */
  ecdsaWithSha256: oid('2a8648ce3d040302'),
  /** 2.5.4.3 */
  commonName: oid('550403'),
  /** 2.5.29.14, .15, .17, .19, .35, .37 */
  subjectKeyIdentifier: oid('551d0e'),
  keyUsage: oid('551d0f'),
  subjectAlternativeName: oid('551d11'),
  basicConstraints: oid('551d13'),
  authorityKeyIdentifier: oid('551d23'),
  extendedKeyUsage: oid('551d25'),
  /** 1.3.6.1.5.5.7.3.1 and .2 */
  serverAuth: oid('2b06010505070301'),
  clientAuth: oid('2b06010505070302'),
} as const;
