// SPDX-License-Identifier: Apache-2.0
import { type Source, sourceKey } from '@nervus/sources';

/** The sources that stand in the folder that this process was started with. */
export class FolderSources {
  private readonly byKey: ReadonlyMap<string, Source>;

  constructor(sources: readonly Source[]) {
    this.byKey = new Map(sources.map((source) => [sourceKey(source), source]));
  }

  get(key: string): Source | undefined {
    return this.byKey.get(key);
  }

  all(): readonly Source[] {
    return [...this.byKey.values()];
  }
}
