// SPDX-License-Identifier: Apache-2.0
import type { AgentChanged } from '@nervus/contracts';
import { type Agent, type AgentFiles, manifestFile } from '@nervus/agent-manifest';

/** The agent in force, as its document says. */
export interface PublishedAgent {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly recordVersion: number;
}

/** Texts of an agent's files: the manifest and what it names. A list, because a path is no name for a field. */
export interface StoredAgentFiles {
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** What becomes of a candidate from the folder. */
export type Publication =
  | { readonly kind: 'publish'; readonly agent: PublishedAgent; readonly data: AgentChanged }
  | { readonly kind: 'in_force' }
  /** The same version with another digest: what was reviewed under a number must not change under it. */
  | { readonly kind: 'version_reused'; readonly inForce: PublishedAgent }
  /** An older version than that in force: a replica of an older release, or a step back that needs a new number. */
  | { readonly kind: 'older'; readonly inForce: PublishedAgent };

/**
 * Whether a candidate replaces what is in force. Record versions only grow, also where the document was lost and only
 * the topic remembers.
 * @param seen record version in the compacted topic, 0 when there is none
 */
export function publicationOf(inForce: PublishedAgent | undefined, candidate: Agent, seen: number): Publication {
  const { metadata } = candidate.manifest;
  if (inForce) {
    if (inForce.digest === candidate.digest) return { kind: 'in_force' };
    const order = compareVersions(metadata.version, inForce.version);
    if (order === 0) return { kind: 'version_reused', inForce };
    if (order < 0) return { kind: 'older', inForce };
  }
  const recordVersion = Math.max(inForce?.recordVersion ?? 0, seen) + 1;
  const agent: PublishedAgent = { name: metadata.name, version: metadata.version, digest: candidate.digest, recordVersion };
  return { kind: 'publish', agent, data: { ...agent, owner: metadata.owner, editors: [...(metadata.editors ?? [])], enabled: true, manifest: candidate.published } };
}

/** Orders `1.2.0` and `1.10.0` by their numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  return left.map((part, index) => part - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** The files of an agent, to be stored. */
export const storedFiles = (manifestText: string, agent: Agent): StoredAgentFiles => ({ files: [{ path: manifestFile, text: manifestText }, ...[...agent.files].map(([path, text]) => ({ path, text }))] });

/** Access to stored files, as to a directory. */
export function filesFrom(stored: StoredAgentFiles): AgentFiles {
  const texts = new Map(stored.files.map(({ path, text }) => [path, text]));
  return {
    read(path) {
      const text = texts.get(path);
      return text === undefined ? { fault: `there is no file ${path}` } : { text };
    },
  };
}
