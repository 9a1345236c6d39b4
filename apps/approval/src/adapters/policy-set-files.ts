// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findOperation, parseToolReference, tools } from '@nervus/contracts';
import { digestOf } from '@nervus/trust';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { Destinations, DestinationsFile } from '../domain/destinations.js';
import { strictest } from '../domain/demands.js';
import { type PolicySet, PolicySetInvalid } from '../domain/policy-set.js';
import { faultsOfPolicyTests, PolicyTestFile } from '../domain/policy-test.js';
import { makeQuorum } from '../domain/quorum.js';
import { faultsOfRegistry, Registry, RegistryFile } from '../domain/registry.js';
import { faultsOfRiskTable, RiskTable } from '../domain/risk.js';
import { CedarPolicies } from './cedar-policies.js';

/** Path below the folder, with `/`, to text. The whole of a policy set. */
export type PolicySetFiles = Readonly<Record<string, string>>;

const cedarFolder = 'cedar';
const testFolder = 'tests';
const single = { schema: 'cedar/schema.cedarschema', risk: 'risk.yaml', destinations: 'destinations.yaml', registry: 'reviewers.yaml' } as const;

/** Hash by which a set is known: base64url(SHA-256) over the JCS form of its files, path to text. */
export const hashOfFiles = (files: PolicySetFiles): string => digestOf(files);

/**
 * Reads a set from a folder: `cedar/*.cedar`, `cedar/schema.cedarschema`, `risk.yaml`, `destinations.yaml`,
 * `reviewers.yaml` and `tests/<policy id>.yaml`. Anything else in the folder is not part of it.
 * @throws PolicySetInvalid when a file is missing
 */
export async function readPolicyFolder(folder: string): Promise<PolicySetFiles> {
  const listed = async (below: string, extension: string): Promise<string[]> => (await readdir(join(folder, below)).catch(() => [])).filter((name) => name.endsWith(extension)).map((name) => `${below}/${name}`);
  const paths = [...Object.values(single), ...(await listed(cedarFolder, '.cedar')), ...(await listed(testFolder, '.yaml'))].toSorted();
  const faults: string[] = [];
  const files: Record<string, string> = {};
  for (const path of paths) {
    try {
      files[path] = await readFile(join(folder, path), 'utf8');
    } catch (error) {
      faults.push(`${path}: cannot be read below ${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (faults.length > 0) throw new PolicySetInvalid(faults);
  return files;
}

/** The folder that the configuration names. */
export class PolicyFolder {
  constructor(private readonly folder: string) {}

  read(): Promise<PolicySetFiles> {
    return readPolicyFolder(this.folder);
  }
}

/**
 * Makes a set of its files: parses, validates and tries it. Every policy's test file is run, and every group that a
 * policy asks must be able to answer.
 * @throws PolicySetInvalid naming every fault found
 */
export function loadPolicySet(files: PolicySetFiles): PolicySet {
  const faults: string[] = [];
  const hash = hashOfFiles(files);
  const risk = read(files, single.risk, RiskTable, faults);
  const destinations = read(files, single.destinations, DestinationsFile, faults);
  const registry = read(files, single.registry, RegistryFile, faults);
  const tests = Object.keys(files).filter((path) => path.startsWith(`${testFolder}/`)).map((path) => read(files, path, PolicyTestFile, faults));
  if (risk) faults.push(...faultsOfRiskTable(risk).map((fault) => `${single.risk}: ${fault}`));
  if (registry) faults.push(...faultsOfRegistry(registry).map((fault) => `${single.registry}: ${fault}`));
  for (const tool of [...(destinations ?? []).map((entry) => entry.tool), ...Object.keys(risk?.floors.tools ?? {})]) if (!isTool(tool)) faults.push(`there is no tool "${tool}"; known are ${toolNames().join(', ')}`);
  const cedar = loadCedar(hash, files, faults);
  if (cedar && registry) faults.push(...unreachable(cedar, new Registry(registry)));
  if (cedar && faults.length === 0) faults.push(...faultsOfPolicyTests(cedar, cedar.effects, tests.filter((file) => file !== undefined)));
  if (faults.length > 0 || !cedar || !risk || !destinations || !registry) throw new PolicySetInvalid(faults);
  return { hash, policies: cedar, risk, destinations: new Destinations(destinations), registry: new Registry(registry) };
}

function loadCedar(hash: string, files: PolicySetFiles, faults: string[]): CedarPolicies | undefined {
  const texts = new Map(Object.entries(files).filter(([path]) => path.startsWith(`${cedarFolder}/`) && path.endsWith('.cedar')));
  try {
    return CedarPolicies.load(hash, files[single.schema] ?? '', texts);
  } catch (error) {
    if (!(error instanceof PolicySetInvalid)) throw error;
    faults.push(...error.details.faults);
    return undefined;
  }
}

// Abuse case 19: a group that is always empty would turn every request into a silent refusal.
function unreachable(cedar: CedarPolicies, registry: Registry): string[] {
  return cedar.asking.flatMap(({ id, demands }) => {
    const { approvers, quorum } = strictest(1, [demands], { approvers: [] });
    return makeQuorum(registry.persons, approvers, quorum) ? [] : [`policy "${id}": ${quorum} distinct persons of ${approvers.join(', ')} are not registered: nobody could say yes`];
  });
}

function read<S extends TSchema>(files: PolicySetFiles, path: string, schema: S, faults: string[]): Static<S> | undefined {
  const text = files[path];
  if (text === undefined) {
    faults.push(`${path}: is missing`);
    return undefined;
  }
  try {
    const value: unknown = parse(text, { strict: true, uniqueKeys: true });
    if (Value.Check(schema, value)) return value;
    faults.push(...[...Value.Errors(schema, value)].map(({ instancePath, message }) => `${path}${instancePath === '' ? '' : ` ${instancePath}`}: ${message}`));
  } catch (error) {
    faults.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

const toolNames = (): string[] => tools.flatMap((tool) => tool.operations.map((operation) => `${tool.id}.${operation.name}`));
const isTool = (name: string): boolean => {
  const reference = parseToolReference(`${name}@1`);
  return reference !== undefined && tools.some((tool) => findOperation(reference.tool, reference.operation, tool.version) !== undefined);
};
