// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A person who may sit at the console of a local installation. */
export interface Seat {
  readonly person: string;
  readonly subject: string;
  readonly roles: readonly string[];
}

/** The persons of the sample registry. What they may decide is in approval's registry alone. */
export const sampleSeats: readonly Seat[] = [
  { person: 'nora', subject: 'nora', roles: ['viewer', 'reviewer', 'operator'] },
  { person: 'theo', subject: 'theo', roles: ['viewer', 'reviewer', 'operator'] },
  { person: 'olga', subject: 'olga', roles: ['viewer', 'reviewer', 'operator'] },
];

const linkMinutes = 10;

/** What was handed out at this start. */
export interface HandedOut {
  /** One-time login tokens by person, good for ten minutes. */
  readonly links: ReadonlyMap<string, string>;
}

/**
 * Gives each person a one-time login token and, in a file of mode 0600, a token for the command line. Only hashes are
 * kept where the console reads them.
 */
export function handOutSeats(folder: string, seats: readonly Seat[], now: number): HandedOut {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const links = new Map<string, string>();
  const entries = seats.map((seat) => {
    const link = randomBytes(32).toString('base64url');
    const token = randomBytes(32).toString('base64url');
    links.set(seat.person, link);
    writeFileSync(join(folder, `${seat.person}.token`), `${token}\n`, { mode: 0o600 });
    return { ...seat, issuer: 'launcher', linkHash: hash(link), linkExpiresAt: new Date(now + linkMinutes * 60_000).toISOString(), tokenHash: hash(token) };
  });
  writeFileSync(join(folder, 'seats.json'), `${JSON.stringify(entries, null, 2)}\n`, { mode: 0o600 });
  return { links };
}

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url');
