// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnrolmentRequested, rootId, type ServiceName, WorkloadChanged } from '@nervus/contracts';
import { eventOf, type OutgoingEvent, Publisher, type SigningKey, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { evidenceContext } from '@nervus/service-kit';
import { kafkaBrokers } from '@nervus/testing';
import { encryptJwe, parseTrustBundle, type PrivateJwk, signJws, WorkloadKey } from '@nervus/trust';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { StoredRecord } from '../src/index.js';
import type { TestMesh } from './test-mesh.js';

/**
 * A process of the attacker, which writes what it likes to any topic. Where it got hold of a launcher's token it has a
 * key that the mesh knows; otherwise it signs with one that nobody was told of.
 */
export class Impostor {
  readonly key = WorkloadKey.generate();
  private readonly publisher: Publisher;

  /** @param as whom it claims to be in `ce_source` */
  constructor(world: TestMesh, as: ServiceName) {
    const signing: SigningKey = { signer: this.key, notAfter: Infinity };
    this.publisher = new Publisher({
      client: createKafkaJsClient({ brokers: kafkaBrokers(), clientId: 'impostor', log: () => undefined }),
      topicPrefix: world.prefix, spiffeId: `spiffe://nervus.local/service/${as}`, epochs: { audited: rootId(Date.now()), unaudited: rootId(Date.now() + 1) },
      currentKey: () => signing, clock: systemClock, onFatal: () => undefined,
    });
  }

  /** Enrols its key as that of a process of a service, with a token that the launcher would give to such a process. */
  static async enrolled(world: TestMesh, service: ServiceName): Promise<Impostor> {
    const impostor = new Impostor(world, service);
    const trust = join(world.dataDir, 'trust');
    const launcher = WorkloadKey.fromPrivateJwk(JSON.parse(readFileSync(join(trust, 'launcher.jwk'), 'utf8')) as PrivateJwk);
    const { enrolmentKey } = parseTrustBundle(readFileSync(join(trust, 'trust-bundle.json')));
    const { kid, publicJwk } = impostor.key;
    const iat = Math.floor(Date.now() / 1000);
    const token = signJws(launcher, { typ: 'nervus-launcher+jwt' }, Buffer.from(JSON.stringify({ iss: 'nervus-launcher', sub: service, aud: 'nervus-identity', jti: randomUUID(), iat, exp: iat + 60 })));
    const evidence = await encryptJwe(Buffer.from(JSON.stringify({ token, kid })), enrolmentKey, evidenceContext(kid));
    await impostor.publish(eventOf(EnrolmentRequested, { key: kid, id: rootId(Date.now()), data: { kid, jwk: publicJwk, service, epoch: rootId(Date.now()), evidence } }, systemClock));
    await world.until(WorkloadChanged, ({ key }) => key === kid);
    return impostor;
  }

  async publish(...events: readonly OutgoingEvent[]): Promise<void> {
    await this.publisher.publish(events);
  }

  async close(): Promise<void> {
    await this.publisher.close({ drainMs: 2000 });
  }
}

/** Writes a record byte for byte, perhaps to another place than it came from or with another value. */
export async function copyRecord({ topic, key, headers, value }: StoredRecord): Promise<void> {
  const producer = new Kafka({ brokers: kafkaBrokers(), clientId: 'copier', logLevel: logLevel.NOTHING }).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ key, value, headers: { ...headers } }] });
  await producer.disconnect();
}
