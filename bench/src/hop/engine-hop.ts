// SPDX-License-Identifier: Apache-2.0
// One hop as a service makes it, with production defaults: engine, pipeline (verified, decoded, checked, deduplicated),
// one state write for each record, and the event that follows, through the outbox to the publisher. What a service has
// besides (Nest, tables, heartbeats, enrolment, a management port) is not a hop's cost and not here.
import { IntelligenceProduced, physicalName, rootId, SignalAccepted, topicOf } from '@nervus/contracts';
import { type AggregateStore, createPipeline, Engine, type EventHandler, eventOf, notBefore, Publisher, Quarantine, type ReceivedOf, retryTopics, type Subscription, systemClock } from '@nervus/messaging';
import { parkedKeysCollection, StoredKeyParking } from '@nervus/messaging-mongo';
import { createKafkaClient, createLogger, Database, engineMetrics, Metrics, pipelineObserver, publisherMetrics, ServiceClock, startTracing } from '@nervus/service-kit';
import { RecordVerifier, WorkloadDirectory, WorkloadKey } from '@nervus/trust';
import type { EngineHopPlace, HopRun } from './hop-messages.js';
import { answerTo, type Heard } from './hop-records.js';
import { failHop, type RunningHop, serveHop } from './serve-hop.js';

const place = JSON.parse(process.argv[2]!) as EngineHopPlace;
const { topicPrefix } = place;
const service = 'reasoning';
const hourMs = 3_600_000;
const drainMs = 20_000;

const logger = createLogger(service, 'error');
await startTracing(service, '');
const metrics = new Metrics(service);
const clock = new ServiceClock();
const client = createKafkaClient({ kafkaBrokers: place.brokers.join(','), kafkaClient: place.client, instance: '' }, `${topicPrefix}${service}`, () => undefined);
const key = { signer: WorkloadKey.generate(), notAfter: clock.now() + 24 * hourMs };
const counted = publisherMetrics(metrics);
let acknowledgedInRun: (records: number) => void = () => undefined;
const publisher = new Publisher({
  client, topicPrefix, spiffeId: `spiffe://nervus.local/service/${service}`, epochs: { audited: rootId(clock.now()), unaudited: rootId(clock.now() + 1) }, currentKey: () => key, clock, onFatal: failHop,
  metrics: {
    ...counted,
    sent: (records, seconds) => {
      counted.sent(records, seconds);
      acknowledgedInRun(records);
    },
  },
});

serveHop(async (run, acknowledged) => {
  acknowledgedInRun = acknowledged;
  return begin(run);
});

/** Every run has a verifier, a database and an engine of its own: what it reads again is new to it. */
async function begin(run: HopRun): Promise<RunningHop> {
  const groupId = `${topicPrefix}${service}-${run.name}`;
  const database = await Database.connect({ uri: place.mongodbUri, name: `hop_${run.name}`, sink: publisher, clock, logger, metrics, onSealed: failHop });
  const heard = database.collection<Heard>({ name: 'heard', expires: ({ at }) => at + hourMs });
  const parking = new StoredKeyParking(database.collection(parkedKeysCollection), () => clock.now(), () => rootId(clock.now()));
  await database.prepare();
  await database.relay.start();

  const observer = pipelineObserver(metrics, logger);
  const quarantine = new Quarantine({ service, groupId, clock, observer, publish: (events) => publisher.publish(events) });
  const verifier = new RecordVerifier({ directory: directory(), topicPrefix, subscribes: () => true });
  const handlers = new Map([[SignalAccepted.type, hear(heard)]]);
  const record = createPipeline({ service, topicPrefix, groupId, clock, verifier, catchUp: () => Promise.resolve(), publisher, quarantine, parking, handlers, observer });
  const subscriptions: Subscription[] = [
    { topic: physicalName(topicOf(SignalAccepted), topicPrefix), from: run.from, order: topicOf(SignalAccepted).order, handle: { record } },
    ...retryTopics(service, topicPrefix).map(({ topic }): Subscription => ({ topic, from: run.from, notBefore, handle: { record } })),
  ];
  const engine = new Engine({ client, groupId, subscriptions, clock, onFatal: failHop, metrics: engineMetrics(metrics) });
  await engine.start();
  return {
    stop: async () => {
      await engine.close({ drainMs });
      await database.settle();
      await database.close();
    },
  };
}

/** What the hop does with a record: state and what follows from it, in one write. */
function hear(heard: AggregateStore<Heard>): EventHandler {
  return async (event) => {
    const signal = event as ReceivedOf<typeof SignalAccepted>;
    await heard.apply(signal.key, signal.id, (current) => {
      if (current) return 'unchanged';
      const { state, data } = answerTo(signal, clock.now());
      return { state, events: [eventOf(IntelligenceProduced, { key: state.subject, cause: signal, purpose: 'intelligence', data }, systemClock)] };
    }, { expectNew: true });
  };
}

function directory(): WorkloadDirectory {
  const known = new WorkloadDirectory();
  for (const { kid, service: owner, publicJwk, notBefore: from, notAfter } of place.workloads) {
    known.put({ kid, spiffeId: `spiffe://nervus.local/service/${owner}`, service: owner, jwk: publicJwk, notBefore: from, notAfter, version: 1, attestation: { kind: 'launcher', rule: 'bench', subject: owner } }, { by: 'bench', appendedAt: Date.parse(from) });
  }
  return known;
}
