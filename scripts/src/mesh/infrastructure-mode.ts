// SPDX-License-Identifier: Apache-2.0
import type { InfrastructureMode } from '@nervus/local-infrastructure';

const modes: readonly InfrastructureMode[] = ['auto', 'external', 'docker', 'java'];

/** What NERVUS_INFRA says. @throws Error for another word */
export function infrastructureMode(value: string | undefined): InfrastructureMode {
  const mode = modes.find((candidate) => candidate === (value === undefined || value === '' ? 'auto' : value));
  if (!mode) throw new Error(`NERVUS_INFRA is "${value}": expected ${modes.join(', ')}`);
  return mode;
}
