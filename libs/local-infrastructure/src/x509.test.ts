// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from './x509.js';

const authorityName = 'Test CA';
const validFrom = new Date(Date.now() - 60_000);
const authority = createAuthority(authorityName, validFrom, 3650);
const server = issueCertificate(authority, authorityName, { commonName: 'nervus-broker', server: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }, validFrom, validDays: 365 });
const client = issueCertificate(authority, authorityName, { commonName: 'ingestion', validFrom, validDays: 365 });

describe('a certificate', () => {
  it('is one to others too: issued and signed by the authority, for these addresses and this time', () => {
    const [ca, leaf] = [new X509Certificate(authority.certificate), new X509Certificate(server.certificate)];
    expect(ca.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.subject).toBe('CN=nervus-broker');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkHost('localhost')).toBe('localhost');
    expect(leaf.checkHost('example.org')).toBeUndefined();
    expect(new Date(leaf.validTo).getTime() - new Date(leaf.validFrom).getTime()).toBe(365 * 24 * 3_600_000);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(new X509Certificate(client.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  it('is written for times after 2049 as well', () => {
    expect(new Date(new X509Certificate(createAuthority('x', new Date('2051-02-03T04:05:06Z'), 1).certificate).validFrom).toISOString()).toBe('2051-02-03T04:05:06.000Z');
  });

  /** Connects with mutual TLS and resolves with what the server sees, or rejects with why there is no connection. */
  async function handshake(as: typeof client, ca = authority.certificate): Promise<string | undefined> {
    const listener = createServer({ key: server.key, cert: server.certificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const seen = new Promise<string | undefined>((resolve, reject) => {
      listener.once('secureConnection', (socket: TLSSocket) => {
        const { CN: commonName } = socket.getPeerCertificate().subject;
        resolve(Array.isArray(commonName) ? commonName[0] : commonName);
      });
      listener.once('tlsClientError', reject);
    });
    const socket = connect({ host: '127.0.0.1', port: (listener.address() as AddressInfo).port, key: as.key, cert: as.certificate, ca });
    socket.on('error', () => undefined);
    try {
      return await seen;
    } finally {
      socket.destroy();
      listener.close();
    }
  }

  it('makes a connection with mutual TLS, in which the server learns the name of the client', () => expect(handshake(client)).resolves.toBe('ingestion'));

  it('of another authority is refused by the server, and a server of another one by the client', async () => {
    const other = createAuthority(authorityName, validFrom, 1);
    await expect(handshake(issueCertificate(other, authorityName, { commonName: 'ingestion', validFrom, validDays: 1 }))).rejects.toThrow();
    await expect(handshake(client, other.certificate)).rejects.toThrow();
  });
});
