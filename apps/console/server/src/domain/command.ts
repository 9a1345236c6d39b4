// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import type { LetterFate, LetterPlace } from './dead-letter-row.js';
import type { Visitor } from './session.js';

/** What became of a command. */
export interface CommandAnswer {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
}

/** A command that was published once, whoever asked how often. */
export interface CommandState {
  readonly tenant: string;
  readonly issuer: string;
  readonly subject: string;
  /** Hash of what was asked for: the same key with another content is a mistake of the client. */
  readonly fingerprint: string;
  readonly answer: CommandAnswer | null;
  /** The dead letter that it is about, and what becomes of it once the command is accepted. */
  readonly letter?: LetterPlace & Pick<LetterFate, 'what' | 'person' | 'reason'>;
  readonly forgetAt: number;
}

/** Milliseconds for which an idempotency key is remembered. */
export const rememberMs = 24 * 60 * 60_000;

/** The id of the command that one person gives under one key: asking twice is one command. */
export const commandIdOf = ({ tenant, account }: Visitor, idempotencyKey: string): string => derivedId('console-command', tenant, account.issuer, account.subject, idempotencyKey);

export const isGivenBy = (command: CommandState, { tenant, account }: Visitor): boolean => command.tenant === tenant && command.issuer === account.issuer && command.subject === account.subject;

/** The first answer stands: nobody gives two. */
export const withAnswer = (command: CommandState | undefined, { code, status, detail }: CommandAnswer): CommandState | 'unchanged' => (command && command.answer === null ? { ...command, answer: { code, status, detail } } : 'unchanged');
