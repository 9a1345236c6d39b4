// SPDX-License-Identifier: Apache-2.0

/** The number of a record: dense from 0 per epoch, and an epoch (UUIDv7) per producing process. */
export interface Sequence {
  readonly epoch: string;
  readonly n: number;
}

const form = /^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.(0|[1-9]\d{0,15})$/;

/** `<epoch>.<n>`, the value of the header `nervus-sequence`. @throws RangeError for what {@link parseSequence} would not read */
export function formatSequence({ epoch, n }: Sequence): string {
  const text = `${epoch}.${n}`;
  if (!parseSequence(text)) throw new RangeError(`${text} is no record number: expected a UUIDv7 in lower case and a whole number from 0 to 2^53 - 1`);
  return text;
}

/** Reads `<epoch>.<n>`; undefined for any other form, such as leading zeroes. */
export function parseSequence(text: string): Sequence | undefined {
  const [, epoch, digits] = form.exec(text) ?? [];
  const n = Number(digits);
  return epoch !== undefined && Number.isSafeInteger(n) ? { epoch, n } : undefined;
}
