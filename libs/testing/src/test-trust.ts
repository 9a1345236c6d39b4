// SPDX-License-Identifier: Apache-2.0
import { EnrolmentRequested, rootId, type ServiceName, topics, WorkloadChanged } from '@nervus/contracts';
import { eventOf, type KafkaClient, type OutgoingEvent, Publisher, type PublishReceipt, type SigningKey, systemClock } from '@nervus/messaging';
import { DecryptionKey, formatTrustBundle, generatePrivateJwk, issueRootProof, thumbprintOfBundle, type TrustBundle, WorkloadKey } from '@nervus/trust';

const hourMs = 3_600_000;
/** Keys are backdated, so that a test may show permits of the past. */
const dayMs = 24 * hourMs;

export interface TestTrustOptions {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  /** @default 'nervus.local' */
  readonly trustDomain?: string;
  /** Milliseconds that keys made here may sign. @default one hour */
  readonly keyLifeMs?: number;
}

/**
 * A root of trust with an identity behind it, so that a service test needs no identity process: it writes the workload
 * entries that identity would write, and publishes as any service.
 */
export class TestTrust {
  /** Private parts, for a real identity that is to stand on the same root. */
  readonly privateKeys = { root: generatePrivateJwk(), enrolment: generatePrivateJwk() } as const;
  readonly root = WorkloadKey.fromPrivateJwk(this.privateKeys.root);
  readonly enrolment = DecryptionKey.fromPrivateJwk(this.privateKeys.enrolment);
  readonly bundle: TrustBundle;
  private readonly identityKey = WorkloadKey.generate();
  private readonly publishers = new Map<ServiceName, Publisher>();
  private readonly keys = new Map<ServiceName, SigningKey>();
  private readonly workloads: Publisher;

  private constructor(private readonly options: TestTrustOptions) {
    this.bundle = { trustDomain: this.trustDomain, rootKeys: [this.root.publicJwk], enrolmentKey: this.enrolment.publicJwk, version: 1 };
    this.keys.set('identity', { signer: this.identityKey, notAfter: Date.now() + this.lifeMs });
    this.workloads = this.publisherAs('identity');
  }

  /** Topics must exist; the entry of the test's own identity is in Kafka when this resolves. */
  static async create(options: TestTrustOptions): Promise<TestTrust> {
    const trust = new TestTrust(options);
    await trust.workloads.publish([trust.entryOf('identity', trust.identityKey)]);
    return trust;
  }

  get trustDomain(): string {
    return this.options.trustDomain ?? 'nervus.local';
  }

  /** Content of trust-bundle.json, and the thumbprint that pins it. */
  get bundleFile(): { readonly content: string; readonly thumbprint: string } {
    return { content: formatTrustBundle(this.bundle), thumbprint: thumbprintOfBundle(this.bundle) };
  }

  spiffeIdOf(service: ServiceName): string {
    return `spiffe://${this.trustDomain}/service/${service}`;
  }

  /** Makes a key of a service known, as identity would after an enrolment. */
  async know(service: ServiceName, key: Pick<WorkloadKey, 'kid' | 'publicJwk'>): Promise<void> {
    await this.workloads.publish([this.entryOf(service, key)]);
  }

  /** What makes a service under test known without enrolling: give it to startService in the place of its own. */
  introducerFor(service: ServiceName, epoch: string): { introduce(key: WorkloadKey): Promise<OutgoingEvent> } {
    return {
      introduce: async (key) => {
        await this.know(service, key);
        const id = rootId(Date.now());
        const data: EnrolmentRequested = { kid: key.kid, jwk: key.publicJwk, service, epoch, evidence: 'eyJ0ZXN0IjoxfQ..aXY.Y3Q.dGFn' };
        return { id, type: EnrolmentRequested.type, topic: topics.identity.enrolments.name, key: key.kid, time: new Date().toISOString(), correlationId: id, hops: 0, extensions: {}, value: JSON.stringify(data) };
      },
    };
  }

  /** Publishes as a service, under a key that the mesh knows. */
  async publishAs(service: ServiceName, events: readonly OutgoingEvent[]): Promise<readonly PublishReceipt[]> {
    let publisher = this.publishers.get(service);
    if (!publisher) {
      const key = WorkloadKey.generate();
      await this.know(service, key);
      this.keys.set(service, { signer: key, notAfter: Date.now() + this.lifeMs });
      publisher = this.publisherAs(service);
      this.publishers.set(service, publisher);
    }
    return publisher.publish(events);
  }

  /** Thumbprint of the key under which this test publishes as a service; after its first publication. */
  kidOf(service: ServiceName): string {
    const key = this.keys.get(service);
    if (!key) throw new Error(`nothing was published as ${service} yet`);
    return key.signer.kid;
  }

  /** Publishes as a service under a key that nobody was told of. */
  async publishSignedBy(service: ServiceName, key: WorkloadKey, events: readonly OutgoingEvent[]): Promise<void> {
    const publisher = this.publisherAs(service);
    await publisher.publish(events, { signer: key, notAfter: Date.now() + this.lifeMs });
    await publisher.close({ drainMs: 2000 });
  }

  async close(): Promise<void> {
    await Promise.all([this.workloads, ...this.publishers.values()].map((publisher) => publisher.close({ drainMs: 2000 })));
  }

  private get lifeMs(): number {
    return this.options.keyLifeMs ?? hourMs;
  }

  private entryOf(service: ServiceName, key: Pick<WorkloadKey, 'kid' | 'publicJwk'>): OutgoingEvent {
    const now = Date.now();
    const entry = { kid: key.kid, spiffeId: this.spiffeIdOf(service), service, jwk: key.publicJwk, notBefore: new Date(now - dayMs).toISOString(), notAfter: new Date(now + this.lifeMs).toISOString() };
    const proof = service === 'identity' ? { rootProof: issueRootProof(entry, this.root) } : {};
    return eventOf(WorkloadChanged, { key: key.kid, id: rootId(now), data: { ...entry, attestation: { kind: 'test', rule: 'test', subject: service }, version: 1, ...proof } }, systemClock);
  }

  private publisherAs(service: ServiceName): Publisher {
    return new Publisher({
      client: this.options.client,
      topicPrefix: this.options.topicPrefix,
      spiffeId: this.spiffeIdOf(service),
      epochs: { audited: rootId(Date.now()), unaudited: rootId(Date.now() + 1) },
      currentKey: () => this.keys.get(service),
      clock: systemClock,
      onFatal: (error) => {
        throw error;
      },
    });
  }
}
