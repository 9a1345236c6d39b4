// SPDX-License-Identifier: Apache-2.0
export { type BenchInstallation, type LoadKind, openBench, subjectOf } from './bench-installation.js';
export { percentile, rounded } from './latency.js';
export { offer, type Stretch } from './mesh-load.js';
export { cpuSeconds, machineSeconds, residentBytes } from './process-cpu.js';
export { type LoadOptions, type LoadResult, sendWebhooks } from './webhook-load.js';
