// SPDX-License-Identifier: Apache-2.0
// Which values verification must read: those that say who may sign, what is missing, and what the rules compare. All
// others only have their digests held to the log.
import {
  DecisionMade, EnrolmentRequested, findRecordType, FindingRaised, IntentRecorded, OutcomeRecorded, PermitReturned, PolicySetActivated, ProposalMade, RevocationIssued, services, StopChanged, upcast, WorkloadChanged,
} from '@nervus/contracts';
import { parseStrictJson } from '@nervus/trust';
import { Compile, type Validator } from 'typebox/compile';
import type { EntryFacts } from '../entry-facts.js';

const heartbeatTypes = services.map((service) => `nervus.${service}.heartbeat-beaten.v1`);

/** Types without whose values the log cannot be judged; a value of another type may be gone. */
const neededTypes: ReadonlySet<string> = new Set([
  WorkloadChanged.type, RevocationIssued.type, EnrolmentRequested.type, DecisionMade.type, IntentRecorded.type, OutcomeRecorded.type, PermitReturned.type, StopChanged.type, PolicySetActivated.type, FindingRaised.type, ...heartbeatTypes,
]);
const readTypes: ReadonlySet<string> = new Set([...neededTypes, ProposalMade.type]);
const heartbeats: ReadonlySet<string> = new Set(heartbeatTypes);

/** Whether a value of this type must be there. */
export const isNeeded = (type: string): boolean => neededTypes.has(type);
/** Whether verification reads values of this type. */
export const isRead = (type: string): boolean => readTypes.has(type);
export const isHeartbeat = (type: string): boolean => heartbeats.has(type);

const validators = new Map<string, Validator>();

/** The value, decoded, carried over from an earlier minor version and held to its schema; undefined when it is not as declared. */
export function decodeValue({ type, minor }: Pick<EntryFacts, 'type' | 'minor'>, value: Buffer): unknown {
  const declared = findRecordType(type);
  if (!declared) return undefined;
  let validator = validators.get(type);
  if (!validator) validators.set(type, (validator = Compile(declared.schema)));
  try {
    const data = upcast(declared, minor ?? declared.minor, parseStrictJson(value));
    return validator.Check(data) ? data : undefined;
  } catch {
    return undefined;
  }
}
