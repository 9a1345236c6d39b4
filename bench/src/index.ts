// SPDX-License-Identifier: Apache-2.0
export { percentile, rounded } from './latency.js';
export { cpuSeconds, machineSeconds, residentBytes } from './process-cpu.js';
export { type LoadOptions, type LoadResult, sendWebhooks } from './webhook-load.js';
