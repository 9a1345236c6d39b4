// SPDX-License-Identifier: Apache-2.0
import type { Engine, EngineMetrics, PipelineObserver, Publisher, PublisherMetrics } from '@nervus/messaging';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';

/** Counts what the engine does. */
export function engineMetrics(metrics: Metrics): EngineMetrics {
  const consumed = metrics.counter('records_consumed_total', 'Records taken in', ['topic']);
  const handling = metrics.histogram('record_handling_seconds', 'Time that handling one record, or one batch, took', ['topic']);
  const commits = metrics.counter('commits_total', 'Commits acknowledged');
  const failures = metrics.counter('commit_failures_total', 'Commits that failed');
  const rebalances = metrics.counter('rebalances_total', 'Rebalances of the consumer group');
  return {
    received: (topic, records) => consumed.inc({ topic }, records),
    handled: (topic, _records, seconds) => handling.observe({ topic }, seconds),
    committed: () => commits.inc(),
    commitFailed: () => failures.inc(),
    rebalanced: () => rebalances.inc(),
  };
}

/** Counts what the publisher does. */
export function publisherMetrics(metrics: Metrics): PublisherMetrics {
  const published = metrics.counter('records_published_total', 'Records acknowledged by Kafka');
  const sending = metrics.histogram('send_seconds', 'Time from a send to its acknowledgement');
  const resent = metrics.counter('sends_repeated_total', 'Sends that were repeated with the same bytes');
  const keyless = metrics.counter('sends_waited_for_key_total', 'Sends that waited for a workload key');
  return {
    sent: (records, seconds) => {
      published.inc(records);
      sending.observe(seconds);
    },
    resent: () => resent.inc(),
    waitedForKey: () => keyless.inc(),
  };
}

/** Counts and logs records that did not simply succeed. Labels are topic and code; the rest stands in the log. */
export function pipelineObserver(metrics: Metrics, logger: Logger): PipelineObserver {
  const retried = metrics.counter('record_retries_total', 'Attempts that failed and are made again', ['topic', 'code']);
  const postponed = metrics.counter('records_postponed_total', 'Records moved to a retry topic', ['topic', 'code']);
  const dead = metrics.counter('dead_letters_total', 'Records given up, byte for byte in the dead-letter topic', ['topic', 'code']);
  const quarantined = metrics.counter('quarantined_total', 'Records that no one may act upon', ['topic', 'code']);
  return {
    retried: (problem, delayMs) => {
      retried.inc({ topic: problem.topic, code: problem.code });
      logger.warn({ ...fieldsOf(problem), delayMs }, 'handling a record failed and is tried again');
    },
    postponed: (problem, delayMs) => {
      postponed.inc({ topic: problem.topic, code: problem.code });
      logger.warn({ ...fieldsOf(problem), delayMs }, 'a record was moved to a retry topic');
    },
    deadLettered: (problem) => {
      dead.inc({ topic: problem.topic, code: problem.code });
      logger.error(fieldsOf(problem), 'a record was dead-lettered');
    },
    quarantined: (problem, reported) => {
      quarantined.inc({ topic: problem.topic, code: problem.code });
      if (reported) logger.error({ ...fieldsOf(problem), alert: true }, 'a record that cannot be trusted was quarantined');
    },
  };
}

/** Gauges that are read when metrics are scraped. */
export function watchMessaging(metrics: Metrics, publisher: Publisher, engine: () => Engine | undefined): void {
  metrics.gauge('outbox_depth', 'Records handed to the publisher and not acknowledged', [], (gauge) => gauge.set(publisher.depth));
  metrics.gauge('outbox_oldest_age_seconds', 'Age of the oldest record handed to the publisher and not acknowledged', [], (gauge) => gauge.set(publisher.oldestAgeMs / 1000));
  const partitions = (): ReturnType<Engine['gauges']> => engine()?.gauges() ?? [];
  metrics.gauge('in_flight', 'Records taken in and not finished', ['topic'], (gauge) => {
    gauge.reset();
    for (const partition of partitions()) gauge.inc({ topic: partition.topic }, partition.inFlight);
  });
  metrics.gauge('consumer_lag_records', 'Records of the partition that are not finished', ['topic', 'partition'], (gauge) => {
    gauge.reset();
    for (const partition of partitions()) gauge.set({ topic: partition.topic, partition: String(partition.partition) }, partition.lagRecords);
  });
  metrics.gauge('consumer_lag_seconds', 'Age of the oldest unfinished record of the partition', ['topic', 'partition'], (gauge) => {
    gauge.reset();
    for (const partition of partitions()) gauge.set({ topic: partition.topic, partition: String(partition.partition) }, partition.lagSeconds);
  });
}

const fieldsOf = (problem: Parameters<PipelineObserver['deadLettered']>[0]): object => ({ code: problem.code, topic: problem.topic, partition: problem.partition, offset: String(problem.offset), reason: problem.message });
