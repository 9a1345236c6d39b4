// SPDX-License-Identifier: Apache-2.0
import { digestOf, digestOfBytes, toolSchemaOf } from '@nervus/trust';
import { type AgentManifest, agentShape, type AgentTool, brainFields, filePath, toolShape } from './agent.js';
import { checkConstraints } from './constraints.js';
import type { ManifestFault, Path } from './fault.js';
import { compileOutputSchema } from './output-schema.js';
import { checkProposals, knownTools, operationOf } from './rules/check-proposals.js';
import { proposalsShape } from './rules/template.js';
import { resultsOf, type RulesFile, rulesShapes, type WatchList, watchListShape } from './rules/files.js';
import { YamlFile } from './yaml/document.js';
import { isObject, listed, type Shape, silent, suggestion } from './yaml/shape.js';

/** The files of one agent. */
export interface AgentFiles {
  /** Text of a file by its path inside the agent's directory, or why it cannot be had. */
  read(path: string): { readonly text: string } | { readonly fault: string };
}

/** What the validator knows of the installation. */
export interface Installation {
  /** Names of models in reasoning's configuration; undefined where that is not at hand (then a model is only warned about). */
  readonly models?: readonly string[];
}

/** An agent whose manifest and files fit together. */
export interface Agent {
  readonly manifest: AgentManifest;
  /** The manifest as published: as written, each file replaced by `{file, sha256}`. Its JCS hash is the digest. */
  readonly published: Readonly<Record<string, unknown>>;
  readonly digest: string;
  /** Texts of the files that the manifest names, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly tools: readonly AgentTool[];
  readonly rules: RulesFile | undefined;
  readonly watchList: WatchList | undefined;
}

export interface Validation {
  /** Errors first. */
  readonly faults: readonly ManifestFault[];
  /** Absent when there is an error. */
  readonly agent?: Agent;
}

/** Path of the manifest inside an agent's directory. */
export const manifestFile = 'agent.yaml';

/** Reads and checks a manifest and every file that it names; reports all faults of all of them at once. */
export function validateAgent(files: AgentFiles, installation: Installation = {}): Validation {
  const text = files.read(manifestFile);
  if ('fault' in text) return { faults: [{ severity: 'error', file: manifestFile, path: '', line: 0, column: 0, message: text.fault, hint: 'An agent is a directory with an agent.yaml.' }] };
  const file = new YamlFile(manifestFile, text.text);
  if (file.value === undefined) return { faults: file.faults };
  const manifest = agentShape(file.value, [], file);
  const parts = partsOf(file.value);
  const reading = new Reading(file, files);
  const tools = checkTools(file, parts);
  checkBrain(file, parts, installation);
  const watchList = readWatchLists(reading, parts);
  const rules = readRules(reading, parts, tools);
  readSchemas(reading, parts);
  if (parts.brain.prompt !== undefined) reading.text(['spec', 'brain', 'prompt'], parts.brain.prompt);
  const faults = [file, ...reading.documents].flatMap((document) => document.faults).sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  if (!manifest || faults.some((fault) => fault.severity === 'error')) return { faults };
  const published = withFileHashes(file.value, reading.texts) as Readonly<Record<string, unknown>>;
  return { faults, agent: { manifest, published, digest: digestOf(published), files: reading.texts, tools, rules, watchList } };
}

/** What further checks need of a manifest, each part read by itself: a fault in one hides none in another. */
interface Parts {
  readonly tools: readonly { readonly tool: Declared<typeof toolShape>; readonly index: number }[];
  readonly brain: { readonly [K in keyof typeof brainFields]?: (typeof brainFields)[K] extends { readonly shape: Shape<infer T> } ? T : never };
  readonly entities: readonly { readonly path: string; readonly index: number }[];
  readonly outputSchemas: readonly { readonly path: string; readonly index: number }[];
}
type Declared<S> = S extends Shape<infer T> ? T : never;

function partsOf(value: unknown): Parts {
  const spec = membersOf(membersOf(value)['spec']);
  const brain = membersOf(spec['brain']);
  const each = <T>(values: unknown, shape: Shape<T>): { value: T; index: number }[] =>
    (Array.isArray(values) ? values : []).flatMap((one: unknown, index) => {
      const read = shape(one, [], silent);
      return read === undefined ? [] : [{ value: read, index }];
    });
  return {
    tools: each(spec['tools'], toolShape).map(({ value: tool, index }) => ({ tool, index })),
    brain: Object.fromEntries(Object.entries(brainFields).flatMap(([name, { shape }]) => (Object.hasOwn(brain, name) ? [[name, (shape as Shape<unknown>)(brain[name], [], silent)]] : []))),
    entities: each(membersOf(spec['context'])['entities'], filePath).map(({ value: path, index }) => ({ path, index })),
    outputSchemas: each(Array.isArray(spec['outputs']) ? spec['outputs'].map((output: unknown) => membersOf(output)['schema']) : [], filePath).map(({ value: path, index }) => ({ path, index })),
  };
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {});

/** Reads the files that a manifest names and remembers their texts. */
class Reading {
  readonly texts = new Map<string, string>();
  readonly documents: YamlFile[] = [];

  constructor(
    readonly manifest: YamlFile,
    private readonly files: AgentFiles,
  ) {}

  text(at: Path, path: string): string | undefined {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    const read = this.files.read(path);
    if ('fault' in read) {
      this.manifest.error(at, read.fault);
      return undefined;
    }
    this.texts.set(path, read.text);
    return read.text;
  }

  yaml(at: Path, path: string): YamlFile | undefined {
    const text = this.text(at, path);
    if (text === undefined) return undefined;
    const document = new YamlFile(path.replace(/^\.\//, ''), text);
    this.documents.push(document);
    return document.value === undefined ? undefined : document;
  }
}

function checkTools(file: YamlFile, parts: Parts): AgentTool[] {
  const seen = new Set<string>();
  return parts.tools.map(({ tool, index }) => {
    const at = ['spec', 'tools', index];
    const entry = operationOf(tool.ref);
    if (seen.has(tool.ref)) file.error([...at, 'ref'], `"${tool.ref}" stands twice`, 'Put its constraints together.');
    seen.add(tool.ref);
    if (!entry) file.error([...at, 'ref'], `there is no tool "${tool.ref}"`, suggestion(tool.ref, knownTools));
    else {
      const schema = toolSchemaOf(entry.tool, entry.operation);
      if (tool.schema !== undefined && tool.schema !== schema) file.error([...at, 'schema'], `the tool has another schema than the one pinned here`, `Review the tool, then pin ${schema}.`);
      checkConstraints(file, [...at, 'constraints'], entry.operation, tool.constraints ?? {});
    }
    return { ref: tool.ref, constraints: tool.constraints ?? {}, perRun: tool.limits?.perRun };
  });
}

function checkBrain(file: YamlFile, parts: Parts, installation: Installation): void {
  const { brain } = parts;
  const at = ['spec', 'brain'];
  if (brain.mode === undefined) return;
  if (brain.rules === undefined && (brain.mode === 'rules' || brain.fallback === 'rules')) file.error(at, `"rules" is missing, and ${brain.mode === 'rules' ? 'mode: rules' : 'fallback: rules'} needs it`, 'Name the rules file, such as ./rules.yaml.');
  if (brain.mode === 'rules') {
    for (const field of ['model', 'prompt', 'output', 'fallback'] as const) if (brain[field] !== undefined) file.error([...at, field], `"${field}" means nothing with mode: rules`, 'Leave it out, or use mode: llm.');
    return;
  }
  for (const field of ['model', 'prompt', 'output'] as const) if (brain[field] === undefined) file.error(at, `"${field}" is missing, and mode: llm needs it`);
  if (brain.model === undefined) return;
  if (!installation.models) file.warning([...at, 'model'], `whether the model "${brain.model}" is configured was not checked`);
  else if (!installation.models.includes(brain.model)) file.error([...at, 'model'], `no model "${brain.model}" is configured`, installation.models.length > 0 ? `Configured are ${listed(installation.models)}.` : 'Name it in the models file of reasoning.');
}

function readWatchLists(reading: Reading, parts: Parts): WatchList | undefined {
  const lists = parts.entities.flatMap(({ path, index }) => {
    const document = reading.yaml(['spec', 'context', 'entities', index], path);
    const read = document && watchListShape(document.value, [], document);
    return document && read ? [{ document, read }] : [];
  });
  if (lists.length === 0) return undefined;
  const ids = new Set<string>();
  for (const { document, read } of lists) {
    for (const [index, entity] of read.entities.entries()) {
      if (ids.has(entity.id)) document.error(['entities', index, 'id'], `the entity "${entity.id}" stands twice`);
      ids.add(entity.id);
    }
  }
  return { apiVersion: 'nervus.dev/v1', kind: 'WatchList', entities: lists.flatMap(({ read }) => read.entities) };
}

function readRules(reading: Reading, parts: Parts, tools: readonly AgentTool[]): RulesFile | undefined {
  const { rules: path } = parts.brain;
  const at = ['spec', 'brain', 'rules'];
  const document = path === undefined ? undefined : reading.yaml(at, path);
  if (!document) return undefined;
  const kind = isObject(document.value) ? document.value['kind'] : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(rulesShapes, kind)) {
    document.error(isObject(document.value) && 'kind' in document.value ? ['kind'] : [], `expected "kind" to be ${listed(Object.keys(rulesShapes), 'or')}`);
    return undefined;
  }
  const known = kind as RulesFile['kind'];
  if (known === 'NewsRules' && parts.entities.length === 0) reading.manifest.error(at, 'news rules need a watch-list', 'Name it under spec.context.entities.');
  const proposals = proposalsShape(membersOf(document.value)['proposals'] ?? [], [], silent);
  if (proposals) checkProposals(document, ['proposals'], proposals, tools, resultsOf[known]);
  return rulesShapes[known](document.value, [], document);
}

function readSchemas(reading: Reading, parts: Parts): void {
  const named = [
    ...(parts.brain.output === undefined ? [] : [{ at: ['spec', 'brain', 'output'], path: parts.brain.output }]),
    ...parts.outputSchemas.map(({ path, index }) => ({ at: ['spec', 'outputs', index, 'schema'], path })),
  ];
  for (const { at, path } of named) {
    const text = reading.text(at, path);
    if (text === undefined) continue;
    try {
      compileOutputSchema(text);
    } catch (error) {
      reading.manifest.error(at, `${path} cannot be used as a schema: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Every text that names one of the files, replaced by the file's hash: another prompt is another digest. */
function withFileHashes(value: unknown, texts: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    const text = texts.get(value);
    return text === undefined ? value : { file: value, sha256: digestOfBytes(text) };
  }
  if (Array.isArray(value)) return value.map((one: unknown) => withFileHashes(one, texts));
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withFileHashes(one, texts)]));
  return value;
}
