// SPDX-License-Identifier: Apache-2.0
import { canonicalize } from './canonical-json.js';
import { VerificationError } from './errors.js';
import { parseJsonObject } from './strict-jws.js';

/** Where a copy in a retry or dead-letter topic was read from: the header `nervus-origin`. */
export interface RecordOrigin {
  /** Physical topic, with prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time of the original, milliseconds since the epoch. */
  readonly appendedAt: number;
}

/** The header's value: JSON in JCS form, the offset as decimal text. */
export const formatOrigin = ({ topic, partition, offset, appendedAt }: RecordOrigin): string => canonicalize({ topic, partition, offset: offset.toString(), appendedAt });

/** @throws VerificationError `malformed` */
export function parseOrigin(text: string): RecordOrigin {
  const { topic, partition, offset, appendedAt, ...rest } = parseJsonObject(text, 'nervus-origin');
  if (typeof topic !== 'string' || topic === '' || !isCount(partition) || !isCount(appendedAt) || typeof offset !== 'string' || !/^(?:0|[1-9]\d{0,18})$/.test(offset) || Object.keys(rest).length > 0) {
    throw new VerificationError('malformed', 'nervus-origin must hold exactly topic, partition, offset (decimal text) and appendedAt (milliseconds)');
  }
  return { topic, partition, offset: BigInt(offset), appendedAt };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
