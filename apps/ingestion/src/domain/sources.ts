// SPDX-License-Identifier: Apache-2.0
import { isOfKind, type Source, sourceKey, type SourceManifest, type SourceOf } from '@nervus/sources';

/** All sources of an installation, by tenant and name. */
export class Sources {
  private readonly byKey: ReadonlyMap<string, Source>;

  constructor(sources: readonly Source[]) {
    this.byKey = new Map(sources.map((source) => [sourceKey(source), source]));
  }

  find(tenant: string, name: string): Source | undefined {
    return this.byKey.get(sourceKey({ tenant, name }));
  }

  ofKind<K extends SourceManifest['spec']['kind']>(kind: K): readonly SourceOf<K>[] {
    return [...this.byKey.values()].filter((source) => isOfKind(source, kind));
  }
}
