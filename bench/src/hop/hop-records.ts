// SPDX-License-Identifier: Apache-2.0
// The records of the hop, about 900 bytes of JSON each: what comes in, what is kept of it and what goes out.
import { type IntelligenceProduced, runIdOf, type SignalAccepted } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';

const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
const sentence = 'The council kept its key rate unchanged and said that it would look at it again. ';
const agent = { name: 'bench', version: '1.0.0', digest };

/** What the hop keeps of a signal. */
export interface Heard {
  readonly subject: string;
  readonly signalId: string;
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The n-th signal of a load; its subject is what the answer is about. */
export function signalOf(subject: string): SignalAccepted {
  return {
    kind: 'feed.item', source: 'bench', origin: { id: `urn:item:${subject}`, type: 'rss.item', source: 'https://feeds.example.org/press.xml', time: '2026-11-24T09:00:00Z' }, subject,
    content: { title: 'Policy rate unchanged', summary: sentence.repeat(5), link: `https://feeds.example.org/${subject}` },
    labels: { '': { src: [`${runIdOf('default', 'bench', subject)}#/content`], trust: 'untrusted', class: 'public' } }, raw: { sha256: digest, bytes: 512 },
  };
}

export function answerTo(signal: Received<SignalAccepted>, now: number): { readonly state: Heard; readonly data: IntelligenceProduced } {
  const { kind, subject, content } = signal.data;
  const { title, summary } = content as { title: string; summary: string };
  const runId = runIdOf(signal.tenant ?? '', agent.name, signal.id);
  return {
    state: { subject, signalId: signal.id, kind, at: now },
    data: {
      intelligenceId: runId, runId, agent, kind: 'brief', subject, title, severity: 20,
      statements: [{ text: summary, src: [`${signal.id}#/content/summary`] }], data: { entities: [] }, trust: 'untrusted', class: 'internal',
    },
  };
}
