// SPDX-License-Identifier: Apache-2.0
// Invariant: a source that is pulled has exactly one worker in this process while it stands and is not paused. A changed
// source ends its worker before the next begins. What two processes do at once is held by leases, not here.
import { isOfKind, type Source, sourceKey, type SourceManifest, type SourceOf } from '@nervus/sources';

type Kind = SourceManifest['spec']['kind'];

/** Ends the work for one source: nothing of it begins afterwards. */
export type EndWork = () => void;

interface Standing {
  readonly source: Source;
  readonly paused: boolean;
}

interface Follower {
  readonly kind: Kind;
  readonly begin: (source: Source) => EndWork;
  readonly working: Map<string, EndWork>;
}

/** All sources of an installation as they stand now, by tenant and name. */
export class Sources {
  private readonly byKey = new Map<string, Standing>();
  private readonly followers: Follower[] = [];

  constructor(sources: readonly Source[]) {
    for (const source of sources) this.byKey.set(sourceKey(source), { source, paused: false });
  }

  find(tenant: string, name: string): Source | undefined {
    return this.byKey.get(sourceKey({ tenant, name }))?.source;
  }

  /** A paused source accepts nothing: senders are told to come back, and what is pulled waits. */
  isPaused(source: Pick<Source, 'tenant' | 'name'>): boolean {
    return this.byKey.get(sourceKey(source))?.paused ?? false;
  }

  all(): readonly Source[] {
    return [...this.byKey.values()].map(({ source }) => source);
  }

  ofKind<K extends Kind>(kind: K): readonly SourceOf<K>[] {
    return this.all().filter((source) => isOfKind(source, kind));
  }

  /** Has every source of a kind worked on: those that stand now, and those that come, change or go on later. */
  follow<K extends Kind>(kind: K, begin: (source: SourceOf<K>) => EndWork): void {
    const follower: Follower = { kind, begin: (source) => (isOfKind(source, kind) ? begin(source) : () => undefined), working: new Map() };
    this.followers.push(follower);
    for (const [key, standing] of this.byKey) beginWork(follower, key, standing);
  }

  /** A source came, changed, was paused or goes on. */
  put(source: Source, paused: boolean): void {
    const key = sourceKey(source);
    const standing = { source, paused };
    this.byKey.set(key, standing);
    for (const follower of this.followers) {
      endWork(follower, key);
      beginWork(follower, key, standing);
    }
  }

  remove(key: string): void {
    this.byKey.delete(key);
    for (const follower of this.followers) endWork(follower, key);
  }
}

function beginWork(follower: Follower, key: string, { source, paused }: Standing): void {
  if (!paused && source.spec.kind === follower.kind) follower.working.set(key, follower.begin(source));
}

function endWork({ working }: Follower, key: string): void {
  const end = working.get(key);
  working.delete(key);
  end?.();
}
