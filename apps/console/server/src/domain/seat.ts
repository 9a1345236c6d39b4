// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { Instant, Name, Sha256, TenantId } from '@nervus/contracts';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/** Roles in the console. They open pages and commands; the right to decide is in approval's registry alone. */
export const Role = Type.Union([Type.Literal('viewer'), Type.Literal('reviewer'), Type.Literal('operator')]);
export type Role = Static<typeof Role>;

/** A place at the console that the launcher gave to a person: seats.json is a list of these. Hashes only. */
export const Seat = Type.Object(
  {
    person: Name,
    issuer: Type.String({ minLength: 1, maxLength: 500 }),
    subject: Type.String({ minLength: 1, maxLength: 200 }),
    roles: Type.Array(Role),
    tenant: Type.Optional(TenantId),
    linkHash: Type.Optional(Sha256),
    linkExpiresAt: Type.Optional(Instant),
    tokenHash: Type.Optional(Sha256),
  },
  { additionalProperties: false },
);
export type Seat = Static<typeof Seat>;
const Seats = Type.Array(Seat, { maxItems: 1000 });

/** base64url(SHA-256) of a token: what is kept in its place. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** @throws TypeError naming the first fault */
export function parseSeats(text: string): Seat[] {
  const value: unknown = JSON.parse(text);
  const [fault] = Value.Errors(Seats, value);
  if (fault) throw new TypeError(`seats.json${fault.instancePath}: ${fault.message}`);
  return value as Seat[];
}

/** The seat whose one-time link this token is from; undefined when there is none or its time is over. */
export function seatOfLink(seats: readonly Seat[], token: string, now: number): Seat | undefined {
  const hash = hashOfToken(token);
  return seats.find(({ linkHash, linkExpiresAt }) => linkHash === hash && linkExpiresAt !== undefined && now < Date.parse(linkExpiresAt));
}

/** The seat of a command-line token. */
export function seatOfToken(seats: readonly Seat[], token: string): Seat | undefined {
  const hash = hashOfToken(token);
  return seats.find(({ tokenHash }) => tokenHash === hash);
}
