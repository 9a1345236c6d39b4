// SPDX-License-Identifier: Apache-2.0
import type { Authentication } from '@nervus/local-infrastructure';

/** What `npm start` was asked for after `--`. */
export interface StartArguments {
  readonly help: boolean;
  readonly brokers: 1 | 3;
  /** How services prove to the brokers who they are; undefined for brokers that let anybody in. */
  readonly secure: Authentication | undefined;
}

/** Renewed every minute, so that there is nothing worth stealing: the one that is nearest to production. */
const defaultAuthentication = 'oauth';
const authentications: readonly Authentication[] = ['oauth', 'mtls', 'scram'];

/** Printed for `--help`. */
export const startHelp = `npm start -- [--ha] [--secure[=oauth|mtls|scram]]

Starts Kafka, a database and the seven services on this machine, until Ctrl-C.

  --ha        three brokers instead of one: a record is on two of them before it counts, and one may be away.
              Needs Java, and 1.5 GB of memory for the brokers
  --secure    brokers that ask every service who it is and allow it what is declared, nothing else. Needs Java.
              Services prove themselves, always over TLS, with
                oauth   a token that lives two minutes (the default)
                mtls    a certificate
                scram   a password
  --help      this text

Each profile keeps its data apart: in .nervus, .nervus/ha, .nervus/secure or .nervus/ha-secure. NERVUS_DATA names
another folder. More in docs/local-infrastructure.md.`;

/** An argument that is not known; the message is for people. */
export class UnknownArgument extends Error {
  override readonly name = 'UnknownArgument';
}

/** @throws UnknownArgument */
export function startArguments(given: readonly string[]): StartArguments {
  let help = false;
  let brokers: 1 | 3 = 1;
  let secure: Authentication | undefined;
  for (const argument of given) {
    if (argument === '--help' || argument === '-h') help = true;
    else if (argument === '--ha') brokers = 3;
    else if (argument === '--secure') secure = defaultAuthentication;
    else if (argument.startsWith('--secure=')) secure = authenticationOf(argument);
    else throw new UnknownArgument(`npm start does not know "${argument}": it takes --ha, --secure and --help, after a lone -- (npm start -- --ha)`);
  }
  return { help, brokers, secure };
}

function authenticationOf(argument: string): Authentication {
  const found = authentications.find((each) => argument === `--secure=${each}`);
  if (!found) throw new UnknownArgument(`npm start does not know "${argument}": --secure takes ${authentications.join(', ')}, or nothing for ${defaultAuthentication}`);
  return found;
}

/** Where the data of a profile are, below the folder for data: one made for another profile would not fit. */
export function profileFolder({ brokers, secure }: Pick<StartArguments, 'brokers' | 'secure'>): string {
  return [...(brokers > 1 ? ['ha'] : []), ...(secure ? ['secure'] : [])].join('-');
}
