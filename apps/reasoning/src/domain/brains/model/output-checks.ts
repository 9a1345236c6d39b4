// SPDX-License-Identifier: Apache-2.0
// What code checks in a model's words, because the model may have been talked into anything.
import type { AgentManifest } from '@nervus/agent-manifest';
import { canonicalText } from '../../text/canonical.js';
import type { ModelAnswer } from './answer.js';
import type { Place } from './places.js';

type Guardrails = NonNullable<NonNullable<AgentManifest['spec']['guardrails']>['output']>;

const url = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)\]]+|\bwww\.[^\s"'<>)\]]+/gi;
const figure = /\d+(?:[.,]\d+)*/g;

/** Faults of titles, statements and reasons against the manifest's guardrails; invisible characters always. */
export function checkWords(guardrails: Guardrails, places: readonly Place[], answer: Pick<ModelAnswer, 'title' | 'statements' | 'proposals' | 'assessment'>): string[] {
  const texts = new Map(places.map(({ pointer, text }) => [pointer, text]));
  const faults: string[] = [];
  for (const [index, { text, cites }] of answer.statements.entries()) {
    if (guardrails.citations === 'required' && cites.length === 0) faults.push(`/statements/${index} cites nothing`);
    if (guardrails.numbers === 'cited') faults.push(...uncited(text, cites.map((cite) => texts.get(cite) ?? '')).map((number) => `/statements/${index} says ${number}, which stands in no place that it cites`));
  }
  for (const [at, text] of wordsIn(answer)) {
    const { flags } = canonicalText(text);
    if (flags.length > 0) faults.push(`${at} holds ${flags.join(', ')}`);
    for (const found of text.match(url) ?? []) if (!isListed(found, guardrails.urls ?? [])) faults.push(`${at} names an address that is not listed: ${found.slice(0, 80)}`);
  }
  return faults;
}

function wordsIn(answer: Pick<ModelAnswer, 'title' | 'statements' | 'proposals' | 'assessment'>): [string, string][] {
  return [
    ['/title', answer.title],
    ...answer.statements.map(({ text }, index): [string, string] => [`/statements/${index}`, text]),
    ...answer.proposals.map(({ reason }, index): [string, string] => [`/proposals/${index}/reason`, reason]),
    ...textsIn(answer.assessment).map((text): [string, string] => ['/assessment', text]),
  ];
}

const textsIn = (value: unknown): string[] => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap((one: unknown) => textsIn(one)) : []);

/** Figures of a text that stand in none of the cited ones, whatever marks separate their digits. */
function uncited(text: string, sources: readonly string[]): string[] {
  const known = new Set(sources.flatMap((source) => source.match(figure) ?? []).map(digits));
  return (text.match(figure) ?? []).filter((number) => !known.has(digits(number)));
}

const digits = (number: string): string => number.replace(/[.,](?=\d{3}(?:\D|$))/g, '').replace(',', '.').replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

function isListed(found: string, hosts: readonly string[]): boolean {
  const parsed = URL.parse(found.startsWith('www.') ? `https://${found}` : found);
  return parsed?.protocol === 'https:' && parsed.username === '' && hosts.includes(parsed.hostname);
}
