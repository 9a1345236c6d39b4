// SPDX-License-Identifier: Apache-2.0
import type { ServiceProcess } from '@nervus/scripts/mesh';

const patienceMs = 5_000;

/** The sum of a metric over all of its series that hold a text. @throws Error when the process does not say */
export async function metricOf({ options: { managementPort } }: ServiceProcess, name: string, label = ''): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${managementPort}/metrics`, { signal: AbortSignal.timeout(patienceMs) });
  const lines = (await answer.text()).split('\n').filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
