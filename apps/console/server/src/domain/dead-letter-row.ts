// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';

/** Where a dead letter stands in the topic of the service that gave it up. */
export interface LetterPlace {
  readonly service: string;
  readonly partition: number;
  /** Decimal. */
  readonly offset: string;
}

/** What a person had done with a dead letter. */
export interface LetterFate {
  readonly what: 'redriven' | 'discarded';
  readonly commandId: string;
  readonly person: string;
  readonly reason: string;
  /** Milliseconds. */
  readonly at: number;
}

/** A record that a service gave up, by where its copy stands. */
export interface DeadLetterRow {
  /** Of what belongs to the installation as a whole, such as enrolments: {@link installationTenant}. */
  readonly tenant: string;
  readonly service: ServiceName | 'unknown';
  readonly partition: number;
  readonly offset: string;
  readonly at: number;
  readonly originTopic: string;
  readonly key: string;
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly bytes: number;
  /** Null while it waits for somebody. */
  readonly fate: LetterFate | null;
  readonly sort: number;
  readonly forgetAt: number;
}

export const letterId = ({ service, partition, offset }: LetterPlace): string => `nervus.${service}.dlq.v1/${partition}/${offset}`;

/** Its operators look after what no tenant owns: nobody else would see that it waits. */
export const installationTenant = 'default';

/** Those that wait for somebody are in the list of their tenant, the others in one of their own. */
export const letterList = ({ tenant, fate }: DeadLetterRow): string => listOf(tenant, fate ? 'handled' : 'open');

export const listOf = (tenant: string, state: 'open' | 'handled'): string => `${tenant}/${state}`;

/** The newest word stands: what was discarded may still be redriven. */
export const withFate = (row: DeadLetterRow | undefined, fate: LetterFate): DeadLetterRow | 'unchanged' => (row && row.fate?.commandId !== fate.commandId ? { ...row, fate } : 'unchanged');
