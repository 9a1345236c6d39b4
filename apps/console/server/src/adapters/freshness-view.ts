// SPDX-License-Identifier: Apache-2.0
import { Metrics, ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { type Freshness, freshnessOf } from '../domain/freshness.js';
import { MeshView } from './mesh-view.js';

/** How old what the console shows is, from the same figure that monitoring sees. Accurate to about a second. */
@Injectable()
export class FreshnessView {
  constructor(
    private readonly mesh: MeshView,
    private readonly clock: ServiceClock,
    private readonly metrics: Metrics,
  ) {}

  async now(): Promise<Freshness> {
    const lag = await this.metrics.registry.getSingleMetric('nervus_consumer_lag_seconds')?.get();
    const lagMs = Math.max(0, ...(lag?.values ?? []).map(({ value }) => value)) * 1000;
    return freshnessOf(this.clock.now(), this.mesh.newestPulse?.at, lagMs);
  }
}
