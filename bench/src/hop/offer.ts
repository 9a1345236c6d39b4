// SPDX-License-Identifier: Apache-2.0

const tickMs = 10;

/**
 * Sends records at a stated rate for some seconds, open loop: sending waits for no answer. Resolves, when Kafka has
 * them all, with the time at which each was sent, on this process's clock.
 */
export async function offer(name: string, rate: number, seconds: number, send: (subjects: readonly string[]) => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const sentAt = new Map<string, number>();
  const total = Math.round(rate * seconds);
  const answers: Promise<void>[] = [];
  const startedAt = performance.now();
  while (sentAt.size < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * rate));
    const subjects = Array.from({ length: due - sentAt.size }, (_, n) => `${name}-${sentAt.size + n}`);
    for (const subject of subjects) sentAt.set(subject, performance.now());
    if (subjects.length > 0) answers.push(send(subjects));
    await new Promise((resolve) => setTimeout(resolve, tickMs));
  }
  await Promise.all(answers);
  return sentAt;
}
