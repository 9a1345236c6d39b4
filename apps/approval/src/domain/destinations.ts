// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { atPointer, type DataClass, DataClass as DataClassSchema, type OperationDescriptor } from '@nervus/contracts';

/** Where actions may go without being asked about it: the approved list of each tool. */
export const DestinationsFile = Type.Array(
  Type.Object(
    {
      tool: Type.String({ pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$', description: '`webhook.send`' }),
      values: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), { description: 'exact values of a destination parameter' })),
      origins: Type.Optional(Type.Array(Type.String({ pattern: '^https?://[^/?#]+$' }), { description: 'scheme, host and port of URLs; the path stays free' })),
      clearance: Type.Optional(DataClassSchema),
    },
    { additionalProperties: false },
  ),
);
export type DestinationsFile = Static<typeof DestinationsFile>;
type Entry = DestinationsFile[number];

export class Destinations {
  constructor(private readonly entries: DestinationsFile) {}

  /** True when exactly this value is on the list, so that a control parameter holding it was chosen by the operator. */
  lists(tool: string, value: unknown): boolean {
    return this.of(tool).some((entry) => typeof value === 'string' && (entry.values?.includes(value) ?? false));
  }

  /** True when every destination of the action is on the list. None declared counts as unknown. */
  trusts(tool: string, operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): boolean {
    return this.entriesFor(tool, operation, params) !== undefined;
  }

  /** Highest data class that may go there: the list may lower what the operation allows, never raise it. */
  clearance(tool: string, operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): DataClass {
    const order: readonly DataClass[] = ['public', 'internal', 'pii', 'secret'];
    const lowest = (this.entriesFor(tool, operation, params) ?? []).reduce((level, entry) => Math.min(level, entry.clearance === undefined ? level : order.indexOf(entry.clearance)), order.indexOf(operation.risk.clearance));
    return order[lowest] ?? 'public';
  }

  private entriesFor(tool: string, operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): Entry[] | undefined {
    const found = operation.risk.destination.map((pointer) => this.of(tool).find((entry) => covers(entry, atPointer(params, pointer))));
    return found.length > 0 && found.every((entry) => entry !== undefined) ? found : undefined;
  }

  private of(tool: string): Entry[] {
    return this.entries.filter((entry) => entry.tool === tool);
  }
}

function covers(entry: Entry, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (entry.values?.includes(value)) return true;
  const url = URL.parse(value);
  // A user name in the URL makes `https://good.example@evil.example/` look like a friend.
  return url !== null && url.username === '' && url.password === '' && (entry.origins?.some((origin) => URL.parse(origin)?.origin === url.origin) ?? false);
}
