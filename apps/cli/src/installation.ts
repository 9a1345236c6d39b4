// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from './command.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './failure.js';

/** NERVUS_DATA, else the nearest `.nervus` at or above the folder; undefined when there is none. */
export function dataFolder({ environment, folder }: Context): string | undefined {
  const named = environment['NERVUS_DATA'];
  if (named) return named;
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, '.nervus');
    if (existsSync(candidate)) return candidate;
    if (dirname(at) === at) return undefined;
  }
}

/** Base URL of the console. @throws Failure `console_unknown`, `console_invalid` */
export function consoleUrl(context: Context, given: string | undefined): URL {
  const data = dataFolder(context);
  const file = data && join(data, 'run', 'console.url');
  const text = given ?? context.environment['NERVUS_CONSOLE'] ?? (file && existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);
  if (!text) throw new Failure('console_unknown', 'it is not known where the console is: start Nervus with "npm start" here, or give --console URL or NERVUS_CONSOLE', exitCodes.unavailable);
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new Failure('console_invalid', `"${text}" is no http or https URL of a console`, exitCodes.usage);
  return url;
}

/**
 * The token of a person's seat, from a file that only its owner may read.
 * @throws Failure `seat_unknown`, `seat_readable_by_others`, `person_missing`
 */
export function seatToken(context: Context, person: string | undefined): string {
  const data = dataFolder(context);
  const seats = data && join(data, 'seats');
  const persons = seats && existsSync(seats) ? readdirSync(seats).filter((name) => name.endsWith('.token')).map((name) => name.slice(0, -'.token'.length)).toSorted() : [];
  const chosen = person ?? context.environment['NERVUS_AS'] ?? (persons.length === 1 ? persons[0] : undefined);
  if (!seats || persons.length === 0) throw new Failure('seat_unknown', 'there are no seats here: run this where "npm start" keeps its .nervus folder, or name that folder in NERVUS_DATA', exitCodes.noPermission);
  if (chosen === undefined) throw new Failure('person_missing', `say who you are with --as PERSON: ${persons.join(', ')}`, exitCodes.usage);
  if (!persons.includes(chosen)) throw new Failure('seat_unknown', `there is no seat for "${chosen}": known are ${persons.join(', ')}`, exitCodes.noPermission);
  const file = join(seats, `${chosen}.token`);
  const { mode } = statSync(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new Failure('seat_readable_by_others', `${file} can be read by others (mode ${(mode & 0o777).toString(8)}): whoever read it can decide as ${chosen}. Restart Nervus for new tokens, then keep the file at mode 600`, exitCodes.noPermission);
  return readFileSync(file, 'utf8').trim();
}
