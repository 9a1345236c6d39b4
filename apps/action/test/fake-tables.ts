// SPDX-License-Identifier: Apache-2.0
import type { DataOf, RecordType } from '@nervus/contracts';
import type { Received, Tables } from '@nervus/messaging';
import { start } from './sample-world.js';

/** Tables that a test fills by hand, record after record. */
export class HandFedTables implements Pick<Tables, 'on' | 'loaded'> {
  readonly loaded = Promise.resolve();
  private readonly views = new Map<string, ((event: Received<never>) => unknown)[]>();

  on<R extends RecordType>(type: R, view: (event: Received<DataOf<R>>) => void | Promise<void>): void {
    this.views.set(type.type, [...(this.views.get(type.type) ?? []), view as (event: Received<never>) => unknown]);
  }

  /** Shows a record to the views of its type, as appended at that time. */
  async feed<R extends RecordType>(type: R, data: DataOf<R>, { key = 'key', appendedAt = start }: { readonly key?: string; readonly appendedAt?: number } = {}): Promise<void> {
    for (const view of this.views.get(type.type) ?? []) await view({ data, key, type: type.type, origin: { topic: 't', partition: 0, offset: 0n, appendedAt } } as unknown as Received<never>);
  }
}
