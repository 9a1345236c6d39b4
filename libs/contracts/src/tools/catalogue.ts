// SPDX-License-Identifier: Apache-2.0
import { alert } from './alert.js';
import type { OperationDescriptor, ToolDescriptor } from './descriptor.js';
import { http } from './http.js';
import { webhook } from './webhook.js';

/** The tools of this release. reasoning, approval and action load this one catalogue. */
export const tools: readonly ToolDescriptor[] = [alert, http, webhook];

/** An operation with the tool that it belongs to. */
export interface CatalogueEntry {
  readonly tool: ToolDescriptor;
  readonly operation: OperationDescriptor;
}

/** Looks up `slack`, `post`, 1; undefined when there is no such operation in that version. */
export function findOperation(toolId: string, operationName: string, version: number): CatalogueEntry | undefined {
  const tool = tools.find((candidate) => candidate.id === toolId && candidate.version === version);
  const operation = tool?.operations.find((candidate) => candidate.name === operationName);
  return tool && operation ? { tool, operation } : undefined;
}

/** Reads `slack.post@1`; undefined when it has another form. */
export function parseToolReference(reference: string): { tool: string; operation: string; version: number } | undefined {
  const match = /^([a-z0-9-]+)\.([a-z0-9-]+)@(\d+)$/.exec(reference);
  return match ? { tool: match[1]!, operation: match[2]!, version: Number(match[3]) } : undefined;
}
