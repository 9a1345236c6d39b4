// SPDX-License-Identifier: Apache-2.0
import { type CatalogueEntry, findOperation, parseToolReference, tools } from '@nervus/contracts';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { AgentTool } from '../agent.js';
import { brokenConstraints, constraintPointer, propertiesOf } from '../constraints.js';
import type { Path } from '../fault.js';
import type { YamlFile } from '../yaml/document.js';
import { listed, shown, suggestion } from '../yaml/shape.js';
import type { ResultType } from './files.js';
import type { ParamTemplate, ProposalTemplate } from './template.js';

/** `alert.log@1` and so on: everything an agent can be given. */
export const knownTools: readonly string[] = tools.flatMap((tool) => tool.operations.map((operation) => `${tool.id}.${operation.name}@${tool.version}`));

/** The operation that a reference names. */
export function operationOf(reference: string): CatalogueEntry | undefined {
  const parsed = parseToolReference(reference);
  return parsed && findOperation(parsed.tool, parsed.operation, parsed.version);
}

/** Checks the proposals of a rules file against the manifest's tools and the tools' own schemas. */
export function checkProposals(file: YamlFile, at: Path, proposals: readonly ProposalTemplate[], allowed: readonly AgentTool[], results: Readonly<Record<string, ResultType>>): void {
  const names = new Set<string>();
  for (const [index, proposal] of proposals.entries()) {
    const path = [...at, index];
    if (names.has(proposal.name)) file.error([...path, 'name'], `two proposals are named "${proposal.name}"`);
    names.add(proposal.name);
    const tool = allowed.find((candidate) => candidate.ref === proposal.tool);
    const entry = operationOf(proposal.tool);
    if (!tool || !entry) {
      file.error([...path, 'tool'], `the manifest gives this agent no tool ${shown(proposal.tool)}`, allowed.length > 0 ? `It has ${listed(allowed.map((one) => one.ref))}.` : 'Name it under spec.tools.');
      continue;
    }
    checkParams(file, [...path, 'params'], proposal.params, entry, tool, results);
  }
}

function checkParams(file: YamlFile, at: Path, params: Readonly<Record<string, ParamTemplate>>, entry: CatalogueEntry, tool: AgentTool, results: Readonly<Record<string, ResultType>>): void {
  const { operation } = entry;
  const known = propertiesOf(operation.input) ?? {};
  for (const needed of 'required' in operation.input ? (operation.input.required as string[]) : []) {
    if (!Object.hasOwn(params, needed)) file.error(at, `${tool.ref} needs the parameter "${needed}"`);
  }
  for (const [name, template] of Object.entries(params)) {
    const path = [...at, name];
    const schema = known[name];
    if (!schema) {
      file.error(path, `${tool.ref} has no parameter "${name}"`, suggestion(name, Object.keys(known)));
      continue;
    }
    checkTemplate(file, path, template, schema, results);
    if ('const' in template) {
      const broken = brokenConstraints(onlyOf(tool, name), { [name]: template.const });
      for (const one of broken) file.error(path, `the manifest's constraint ${one.keyword} ${one.expected} does not allow ${shown(template.const)}`);
    } else if (operation.control.includes(`/${name}`) && !isFixed(tool, name)) {
      file.warning(path, `"${name}" decides where the action goes and has no constant source, so it always needs a person`, 'Give it a constant, or a const or enum constraint in the manifest.');
    }
  }
}

function checkTemplate(file: YamlFile, path: Path, template: ParamTemplate, schema: TSchema, results: Readonly<Record<string, ResultType>>): void {
  if ('const' in template) {
    if (!Value.Check(schema, template.const)) file.error([...path, 'const'], `the tool does not accept ${shown(template.const)} here`);
  } else if ('from' in template) {
    const type = results[template.from];
    if (type === undefined) file.error([...path, 'from'], `these rules have no result "${template.from}"`, suggestion(template.from, Object.keys(results)));
    else if ('type' in schema && schema.type !== type && !(schema.type === 'number' && type === 'integer')) file.error([...path, 'from'], `the tool expects ${String(schema.type)} here and "${template.from}" is ${type}`);
  } else if ('object' in template) {
    if ('type' in schema && schema.type !== 'object') file.error(path, `the tool expects ${String(schema.type)} here, not an object`);
    for (const [name, member] of Object.entries(template.object)) checkTemplate(file, [...path, 'object', name], member, propertiesOf(schema)?.[name] ?? {}, results);
  }
}

const isFixed = (tool: AgentTool, name: string): boolean => Object.entries(tool.constraints).some(([key, constraint]) => constraintPointer(key) === `/${name}` && ('const' in constraint || constraint.enum !== undefined));

const onlyOf = (tool: AgentTool, name: string): AgentTool['constraints'] => Object.fromEntries(Object.entries(tool.constraints).filter(([key]) => constraintPointer(key).split('/')[1] === name));
