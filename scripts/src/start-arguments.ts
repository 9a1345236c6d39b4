// SPDX-License-Identifier: Apache-2.0

/** What `npm start` was asked for after `--`. */
export interface StartArguments {
  readonly help: boolean;
  readonly brokers: 1 | 3;
}

/** Printed for `--help`. */
export const startHelp = `npm start -- [--ha]

Starts Kafka, a database and the seven services on this machine, until Ctrl-C.

  --ha        three brokers instead of one: every record is on two of them before it counts, and one may be
              away. Needs Java and 1.5 GB of memory for the brokers alone
  --help      this text

Each profile keeps its data apart, in .nervus, .nervus/ha ...; NERVUS_DATA names another folder.
More in docs/local-infrastructure.md.`;

/** An argument that is not known; the message is for people. */
export class UnknownArgument extends Error {
  override readonly name = 'UnknownArgument';
}

/** @throws UnknownArgument */
export function startArguments(given: readonly string[]): StartArguments {
  let help = false;
  let brokers: 1 | 3 = 1;
  for (const argument of given) {
    if (argument === '--help' || argument === '-h') help = true;
    else if (argument === '--ha') brokers = 3;
    else throw new UnknownArgument(`npm start does not know "${argument}": it takes --ha and --help, after a lone -- (npm start -- --ha)`);
  }
  return { help, brokers };
}

/** Where the data of a profile are, below the folder for data: one made for another profile would not fit. */
export function profileFolder({ brokers }: Pick<StartArguments, 'brokers'>): string {
  return brokers === 1 ? '' : 'ha';
}
