// SPDX-License-Identifier: Apache-2.0

/** The rules of trust.md section 5; `log` is the tree itself, `signature` who said it, `payload` the values beside it. */
export type Rule = 'R1' | 'R2' | 'R3' | 'R4' | 'R5' | 'R6' | 'R7' | 'R8' | 'R9' | 'log' | 'signature' | 'payload';

/** Something in the log that must not be there, or must be and is not. */
export interface Finding {
  readonly rule: Rule;
  /** Reason code, such as `decision_missing`. */
  readonly code: string;
  /** Entries concerned, the first one first. */
  readonly indexes: readonly number[];
  /** One sentence for people. */
  readonly detail: string;
}

export const found = (rule: Rule, code: string, indexes: readonly number[], detail: string): Finding => ({ rule, code, indexes, detail });
