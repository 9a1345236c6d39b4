// SPDX-License-Identifier: Apache-2.0
// Invariant: what is registered here runs at most once: when the process exits while it is registered. It must be
// synchronous, since nothing else runs by then. Only kill -9 of this process leaves it undone.

const registered = new Set<() => void>();
let watching = false;

/** Registers what must still be done if the process exits meanwhile. @returns takes it back */
export function atExit(undo: () => void): () => void {
  if (!watching) process.on('exit', runAll);
  watching = true;
  registered.add(undo);
  return () => void registered.delete(undo);
}

function runAll(): void {
  for (const undo of registered) {
    try {
      undo();
    } catch {
      // The others still have to be undone, and nobody listens any more.
    }
  }
}
