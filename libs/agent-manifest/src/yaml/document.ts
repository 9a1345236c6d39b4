// SPDX-License-Identifier: Apache-2.0
import { isAlias, isCollection, isMap, isNode, isPair, isScalar, LineCounter, type Node, type ParsedNode, parseDocument, visit, type Document } from 'yaml';
import type { ManifestFault, Path } from '../fault.js';
import { pathText } from '../fault.js';

const maxDepth = 32;

/** A parsed YAML file that can say where each of its values stands, and gathers what is wrong with it. */
export class YamlFile {
  readonly faults: ManifestFault[] = [];
  /** Plain JSON values; undefined when the text is no YAML that is accepted here. */
  readonly value: unknown;
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  /**
   * Reads YAML 1.2 (core schema). Refused, because a reviewer could read them otherwise than the parser: more than one
   * document, anchors, aliases, tags, merge keys, and keys that stand twice or are not text.
   */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, version: '1.2', schema: 'core', merge: false, uniqueKeys: true, strict: true, prettyErrors: false });
    for (const problem of [...this.document.errors, ...this.document.warnings]) this.report('error', '', problem.pos[0], `the YAML cannot be read: ${problem.message.split('\n')[0]}`);
    if (this.faults.length === 0) this.refuseWhatCannotBeReviewed();
    this.value = this.faults.length === 0 ? this.document.toJS({ maxAliasCount: 0 }) : undefined;
  }

  error(path: Path, message: string, hint?: string): void {
    this.report('error', pathText(path), this.offsetOf(path), message, hint);
  }

  warning(path: Path, message: string, hint?: string): void {
    this.report('warning', pathText(path), this.offsetOf(path), message, hint);
  }

  /** Line and column of a value; of the nearest thing around it where it does not exist. */
  private offsetOf(path: Path): number {
    let node: ParsedNode | null = this.document.contents;
    let offset = start(node);
    for (const step of path) {
      if (isMap(node)) {
        const pair: unknown = node.items.find((item) => isScalar(item.key) && item.key.value === step);
        if (!isPair(pair)) return offset;
        offset = start(pair.key);
        node = isNode(pair.value) ? (pair.value as ParsedNode) : null;
      } else if (isCollection(node)) {
        const item: unknown = node.items[Number(step)];
        if (!isNode(item)) return offset;
        node = item as ParsedNode;
        offset = start(node);
      } else return offset;
    }
    return offset;
  }

  private report(severity: ManifestFault['severity'], path: string, offset: number, message: string, hint?: string): void {
    const { line, col } = this.lines.linePos(offset);
    this.faults.push({ severity, file: this.file, path, line, column: col, message, ...(hint !== undefined && { hint }) });
  }

  private refuseWhatCannotBeReviewed(): void {
    visit(this.document, {
      Node: (_key, node, ancestors) => {
        const offset = start(node);
        if (isAlias(node) || node.anchor !== undefined) this.report('error', '', offset, 'anchors and aliases are not accepted', 'Write the value out where it is used.');
        else if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) this.report('error', '', offset, `the tag ${node.tag} is not accepted`, 'Leave the tag out.');
        if (ancestors.length <= maxDepth * 2) return;
        this.report('error', '', offset, `nested deeper than ${maxDepth}`);
        return visit.BREAK;
      },
      Pair: (_key, pair) => {
        if (isScalar(pair.key) && typeof pair.key.value === 'string') return;
        this.report('error', '', start(pair.key), 'a name must be text', 'Put it in quotes.');
        return visit.BREAK;
      },
    });
  }
}

const start = (node: unknown): number => (isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0);
