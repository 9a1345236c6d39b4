// SPDX-License-Identifier: Apache-2.0
import { isAlias, isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** A parsed YAML file that can say where each of its values stands. */
export interface YamlFile {
  /** Plain JSON values; undefined when there are faults. */
  readonly value: unknown;
  /** What makes it unreadable, each with `line:column`. */
  readonly faults: readonly { readonly place: string; readonly message: string }[];
  /** `line:column` of what a JSON Pointer names; of the nearest thing around it where that does not exist. */
  readonly placeOf: (pointer: string) => string;
}

/**
 * Reads YAML 1.2 (core schema), one document. Anchors, aliases, tags and keys that stand twice are refused: a reviewer
 * could read them otherwise than the parser.
 */
export function readYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core', merge: false, uniqueKeys: true, strict: true, prettyErrors: false });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const faults = [...document.errors, ...document.warnings].map((problem) => ({ place: placeAt(problem.pos[0]), message: problem.message.split('\n')[0] ?? '' }));
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node) || node.anchor !== undefined) faults.push({ place: placeAt(startOf(node)), message: 'anchors and aliases are not accepted: write the value out' });
      else if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) faults.push({ place: placeAt(startOf(node)), message: `the tag ${node.tag} is not accepted` });
    },
  });
  return {
    value: faults.length === 0 ? (document.toJS({ maxAliasCount: 0 }) as unknown) : undefined,
    faults,
    placeOf: (pointer) => placeAt(offsetOf(document.contents, pointer)),
  };
}

function offsetOf(root: unknown, pointer: string): number {
  let node: unknown = root;
  let offset = startOf(node);
  for (const part of pointer.split('/').slice(1)) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (!isPair(pair)) return offset;
      offset = startOf(pair.key);
      node = pair.value;
    } else if (isCollection(node)) {
      const item: unknown = node.items[Number(step)];
      if (!isNode(item)) return offset;
      node = item;
      offset = startOf(node);
    } else return offset;
  }
  return offset;
}

const startOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);
