// SPDX-License-Identifier: Apache-2.0
import type { BenchInstallation } from './bench-installation.js';
import { rounded } from './latency.js';
import { cpuSeconds, residentBytes } from './process-cpu.js';

/** CPU seconds so far of every process of the mesh, of the broker and of the database, by name. */
export function cpuByProcess(world: BenchInstallation): ReadonlyMap<string, number> {
  const { mesh, infrastructure } = world.installation;
  const pids = [...mesh.all().map((member) => [member.options.instance, member.pid] as const), ...infrastructure.processes.map((server) => [server.name, server.pid] as const)];
  return new Map(pids.flatMap(([name, pid]) => (pid === undefined ? [] : [[name, cpuSeconds(pid) ?? 0] as const])));
}

/** What the mesh uses when nothing happens, some time after the last load: share of one core, and resident memory, by process. */
export async function idleFigures(world: BenchInstallation) {
  const [afterSeconds, forSeconds] = [15, 20];
  await new Promise((resolve) => setTimeout(resolve, afterSeconds * 1000));
  const before = cpuByProcess(world);
  await new Promise((resolve) => setTimeout(resolve, forSeconds * 1000));
  const after = cpuByProcess(world);
  const rss = Object.fromEntries(world.installation.mesh.all().map((member) => [member.options.instance, rounded((residentBytes(member.pid ?? 0) ?? 0) / 2 ** 20)]));
  return { afterSeconds, forSeconds, cpuPercent: Object.fromEntries([...after].map(([name, used]) => [name, rounded(((used - (before.get(name) ?? 0)) / forSeconds) * 100, 2)])), rssMb: rss };
}
