// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { JsonError, parseStrictJson } from '@nervus/trust';
import type { LoadedAgent } from '../../loaded-agent.js';
import { checkWords } from './output-checks.js';
import type { Place } from './places.js';

const strict = { additionalProperties: false } as const;
const Cites = Type.Array(Type.String({ maxLength: 512 }), { maxItems: 8 });

/** The answer of a model. Parameters are judged later, by the tool's schema and the manifest's constraints. */
const ModelAnswer = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 300 }),
    severity: Type.Integer({ minimum: 0, maximum: 100 }),
    statements: Type.Array(Type.Object({ text: Type.String({ minLength: 1, maxLength: 1000 }), cites: Cites }, strict), { minItems: 1, maxItems: 12 }),
    assessment: Type.Record(Type.String(), Type.Unknown()),
    proposals: Type.Array(
      Type.Object({ tool: Type.String({ maxLength: 150 }), params: Type.Record(Type.String(), Type.Unknown()), confidence: Type.Number({ minimum: 0, maximum: 1 }), reason: Type.String({ maxLength: 1000 }), cites: Cites }, strict),
      { maxItems: 64 },
    ),
  },
  strict,
);
export type ModelAnswer = Static<typeof ModelAnswer>;

/** Bytes of an answer that are read at most. */
const mostBytes = 131_072;
const fence = /^\s*```(?:json)?\s*\n([\s\S]*?)\n```\s*$/;

/**
 * Reads what a model wrote. Everything that is wrong with it is named, for the one repair: it is no JSON, does not fit
 * the schema or the agent's own one, cites what it was not shown, or says what the output checks refuse.
 */
export function readAnswer(agent: LoadedAgent, places: readonly Place[], text: string): { readonly answer: ModelAnswer } | { readonly faults: readonly string[] } {
  if (Buffer.byteLength(text) > mostBytes) return { faults: [`the answer has more than ${mostBytes} bytes`] };
  let parsed: unknown;
  try {
    // Some servers ignore the response format and wrap the object in a code block.
    parsed = parseStrictJson(fence.exec(text)?.[1] ?? text);
  } catch (error) {
    return { faults: [`the answer is no JSON: ${error instanceof JsonError ? error.message : String(error)}`] };
  }
  if (!Value.Check(ModelAnswer, parsed)) return { faults: Value.Errors(ModelAnswer, parsed).map((error) => `${error.instancePath || '/'} ${error.message}`) };
  const shown = new Set(places.map((place) => place.pointer));
  const unknown = [...parsed.statements, ...parsed.proposals].flatMap((one) => one.cites).filter((cite) => !shown.has(cite));
  const faults = [
    ...(agent.model?.output.faultsOf(parsed.assessment) ?? []).map((fault) => `/assessment${fault}`),
    ...unknown.map((cite) => `${JSON.stringify(cite)} is cited and is no place of the material`),
    ...checkWords(agent.manifest.spec.guardrails?.output ?? {}, places, parsed),
  ];
  return faults.length > 0 ? { faults } : { answer: parsed };
}
