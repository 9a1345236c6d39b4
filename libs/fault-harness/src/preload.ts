// SPDX-License-Identifier: Apache-2.0

/** The part of NODE_OPTIONS that loads a module of ours before everything else of a Node process. */
export function preload(module: 'shifted-clock' | 'enter-namespace'): string {
  const { href } = new URL(`../preload/${module}.mjs`, import.meta.url);
  // NODE_OPTIONS is split at spaces.
  return `--import=${href.replaceAll(' ', '%20')}`;
}
