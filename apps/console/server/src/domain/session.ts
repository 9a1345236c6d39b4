// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Role, Seat } from './seat.js';

/** Who uses the console: what every command says of its giver. */
export interface Visitor {
  readonly tenant: string;
  readonly person: string;
  readonly account: { readonly issuer: string; readonly subject: string };
  readonly roles: readonly Role[];
  /** base64url hash of the session's or the token's secret. */
  readonly session: string;
  /** Milliseconds. */
  readonly authenticatedAt: number;
}

/** A login by browser, kept under the hash of its secret. */
export interface SessionState {
  readonly tenant: string;
  readonly person: string;
  readonly issuer: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly startedAt: number;
  readonly seenAt: number;
  readonly ended: boolean;
}

export const idleMs = 30 * 60_000;
export const longestMs = 12 * 60 * 60_000;
/** A session is marked as used at most this often, so that reading costs no write. */
const touchMs = 60_000;

export const startSession = ({ person, issuer, subject, roles, tenant = 'default' }: Seat, now: number): SessionState => ({ tenant, person, issuer, subject, roles, startedAt: now, seenAt: now, ended: false });

export const isLive = (session: SessionState, now: number): boolean => !session.ended && now - session.seenAt < idleMs && now - session.startedAt < longestMs;

/** When nothing is left of it that could be used. */
export const endOf = (session: SessionState): number => Math.min(session.seenAt + idleMs, session.startedAt + longestMs);

/** The session as used now; unchanged when that was noted lately, or when it has ended and must stay so. */
export function touch(session: SessionState | undefined, now: number): SessionState | 'unchanged' {
  return session && isLive(session, now) && now - session.seenAt >= touchMs ? { ...session, seenAt: now } : 'unchanged';
}

export const visitorOf = ({ tenant, person, issuer, subject, roles, startedAt }: SessionState, session: string): Visitor => ({ tenant, person, account: { issuer, subject }, roles, session, authenticatedAt: startedAt });

/** The CSRF token of a session: follows from its secret, which no other origin can read. */
export const csrfToken = (secret: string): string => createHmac('sha256', secret).update('nervus-csrf-v1').digest('base64url');

export function isCsrfToken(secret: string, given: string | undefined): boolean {
  const expected = Buffer.from(csrfToken(secret));
  const actual = Buffer.from(given ?? '');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
