// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Latency buckets in seconds, from a hop inside one machine to a person's decision. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Metrics of one process, in Prometheus form. Names get the prefix `nervus_`; a label never holds an id, because every
 * value of a label is a series.
 */
export class Metrics {
  readonly registry = new Registry();

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return this.existing(name, Counter<L>) ?? new Counter({ name: `nervus_${name}`, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = [], collect?: (gauge: Gauge<L>) => void): Gauge<L> {
    const made = this.existing(name, Gauge<L>);
    if (made) return made;
    return new Gauge({
      name: `nervus_${name}`, help, labelNames: [...labelNames], registers: [this.registry],
      ...(collect && {
        collect(this: Gauge<L>) {
          collect(this);
        },
      }),
    });
  }

  histogram<L extends string = never>(name: string, help: string, labelNames: readonly L[] = [], buckets: readonly number[] = seconds): Histogram<L> {
    return this.existing(name, Histogram<L>) ?? new Histogram({ name: `nervus_${name}`, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.registry] });
  }

  /** Text exposition format of everything. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private existing<M extends object>(name: string, kind: new (...parameters: never[]) => M): M | undefined {
    const found: unknown = this.registry.getSingleMetric(`nervus_${name}`);
    return found instanceof kind ? found : undefined;
  }
}
