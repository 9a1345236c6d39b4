// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' });

/** The file that says who may decide: being logged in gives no such right, and claims of a login neither. */
export const RegistryFile = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    persons: Type.Array(
      Type.Object(
        {
          id: Id,
          name: Type.String({ minLength: 1, maxLength: 200 }),
          accounts: Type.Array(Type.Object({ issuer: Type.String({ minLength: 1, maxLength: 500 }), subject: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }), { minItems: 1 }),
          groups: Type.Array(Id),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
  },
  { additionalProperties: false },
);
export type RegistryFile = Static<typeof RegistryFile>;

export interface Account {
  readonly issuer: string;
  readonly subject: string;
}

export interface Person {
  /** `person:<id>`. */
  readonly ref: string;
  readonly name: string;
  /** `group:<id>`, sorted. */
  readonly groups: readonly string[];
}

/** Persons, their accounts and groups. All rules speak of persons: two accounts of one person are one. */
export class Registry {
  readonly version: number;
  readonly persons: readonly Person[];
  private readonly byAccount = new Map<string, Person>();

  constructor(file: RegistryFile) {
    this.version = file.version;
    this.persons = file.persons.map((entry) => {
      const person: Person = { ref: `person:${entry.id}`, name: entry.name, groups: entry.groups.map((group) => `group:${group}`).toSorted() };
      for (const account of entry.accounts) this.byAccount.set(keyOf(account), person);
      return person;
    });
  }

  /** Who that account belongs to; undefined for a stranger. */
  personOf(account: Account): Person | undefined {
    return this.byAccount.get(keyOf(account));
  }

  /** The persons that `person:<id>` or `group:<id>` stands for; nobody for a name that is not registered. */
  membersOf(ref: string): readonly Person[] {
    return this.persons.filter((person) => person.ref === ref || person.groups.includes(ref));
  }

  find(personRef: string): Person | undefined {
    return this.persons.find((person) => person.ref === personRef);
  }
}

/** What is wrong with a registry beyond its form: one id, or one account, for two persons would break four eyes. */
export function faultsOfRegistry(file: RegistryFile): string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  const accounts = new Map<string, string>();
  for (const person of file.persons) {
    if (ids.has(person.id)) faults.push(`person "${person.id}" is listed twice`);
    ids.add(person.id);
    for (const account of person.accounts) {
      const holder = accounts.get(keyOf(account));
      if (holder !== undefined) faults.push(`account ${account.subject} of ${account.issuer} belongs to both "${holder}" and "${person.id}"`);
      accounts.set(keyOf(account), person.id);
    }
  }
  return faults;
}

const keyOf = ({ issuer, subject }: Account): string => JSON.stringify([issuer, subject]);
