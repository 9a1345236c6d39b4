// SPDX-License-Identifier: Apache-2.0
import { type ServiceName, allTopics, rootId } from '@nervus/contracts';
import { RecordVerifier, WorkloadDirectory, WorkloadKey } from '@nervus/trust';
import { Publisher, type PublisherOptions } from '../publisher/publisher.js';
import type { SigningKey } from '../publisher/send-queue.js';
import { FakeClock } from './fake-clock.js';
import { MemoryBroker } from './memory-broker.js';

export const prefix = 'test.';
const hour = 3_600_000;

/** A broker with every declared topic, a directory of keys and publishers whose keys it knows: what tests of this package stand on. */
export class SigningWorld {
  readonly clock = new FakeClock();
  readonly broker = new MemoryBroker(this.clock);
  readonly directory = new WorkloadDirectory();
  readonly verifier = new RecordVerifier({ directory: this.directory, topicPrefix: prefix, subscribes: () => true });
  readonly fatal: Error[] = [];

  constructor() {
    for (const { name, partitions } of allTopics) this.broker.createTopic(prefix + name, partitions);
  }

  /** A new key of a service; known to the directory unless `hidden`. */
  key(service: ServiceName, options: { readonly hidden?: boolean; readonly lifeMs?: number } = {}): SigningKey & { reveal(): void } {
    const signer = WorkloadKey.generate();
    const [notBefore, notAfter] = [this.clock.now() - 1000, this.clock.now() + (options.lifeMs ?? hour)];
    const reveal = (): void => {
      this.directory.put(
        {
          kid: signer.kid, spiffeId: spiffeIdOf(service), service, jwk: signer.publicJwk, notBefore: iso(notBefore), notAfter: iso(notAfter), version: 1,
          attestation: { kind: 'test', rule: 'test', subject: service },
        },
        { by: 'test', appendedAt: notBefore },
      );
    };
    if (!options.hidden) reveal();
    return { signer, notAfter, reveal };
  }

  publisher(service: ServiceName, options: Partial<PublisherOptions> = {}): Publisher {
    const key = this.key(service);
    return new Publisher({
      client: this.broker.client(),
      topicPrefix: prefix,
      spiffeId: spiffeIdOf(service),
      epochs: { audited: rootId(this.clock.now()), unaudited: rootId(this.clock.now() + 1) },
      currentKey: () => key,
      clock: this.clock,
      random: () => 1,
      onFatal: (error) => this.fatal.push(error),
      ...options,
    });
  }
}

export const spiffeIdOf = (service: ServiceName): string => `spiffe://nervus.local/service/${service}`;

const iso = (time: number): string => new Date(time).toISOString();
