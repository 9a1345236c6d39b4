// SPDX-License-Identifier: Apache-2.0
import type { DataClass } from '@nervus/contracts';
import { type Constraints, constraintsShape } from './constraints.js';
import { choice, duration, integer, list, object, oneOrMore, optional, required, type Shape, text } from './yaml/shape.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const name = text({ most: 63, form: /^[a-z0-9][a-z0-9-]*$/, expected: 'a name of at most 63 lower-case letters, digits and hyphens' });
const party = text({ most: 200, form: /^(group|person):[a-z0-9][a-z0-9._-]*$/, expected: '"group:<name>" or "person:<name>"' });
const group = text({ most: 200, form: /^group:[a-z0-9][a-z0-9._-]*$/, expected: '"group:<name>"' });
export const filePath = text({ most: 200, form: /^\.\/[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/, expected: "a file inside the agent's directory, written \"./name\"" });
const host = text({ most: 253, form: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, expected: 'a host name in lower case' });
const words = (most: number) => oneOrMore(text({ most }), 100);

const later = 'Leave it out.';
const classes: readonly DataClass[] = ['public', 'internal', 'pii', 'secret'];

/** The brain's fields apart, so that the files they name are also checked when another field is wrong. */
export const brainFields = {
  mode: required(choice(['rules', 'llm'], { hybrid: 'Use "rules", or "llm" with "fallback: rules".' })),
  rules: optional(filePath),
  model: optional(name),
  prompt: optional(filePath),
  output: optional(filePath),
  fallback: optional(choice(['rules'])),
} as const;

export const toolShape = object({
  ref: required(text({ most: 150 })),
  schema: optional(text({ most: 43, form: /^[A-Za-z0-9_-]{43}$/, expected: "the base64url SHA-256 of the tool's schema" })),
  constraints: optional(constraintsShape),
  limits: optional(object({ perRun: optional(integer(1, 64)) }, { perHour: 'Approval bounds what an agent asks for per hour.', perDay: later })),
});

export const outputShape = object({ type: required(choice(['brief', 'risk-reading', 'anomaly', 'forecast'])), schema: optional(filePath), class: required(choice(classes)) }, { retention: 'Topics keep 30 days.' });

/** What an agent.yaml holds; fields that the format knows and this release does not hold are refused by name. */
export const agentShape = object({
  apiVersion: required(choice(['nervus.dev/v1'])),
  kind: required(choice(['Agent'])),
  metadata: required(
    object({
      name: required(name),
      version: required(text({ most: 50, form: /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/, expected: 'a version such as "1.2.0"' })),
      owner: required(party),
      editors: optional(list(party, { most: 64 })),
      tenant: optional(name),
    }),
  ),
  spec: required(
    object(
      {
        triggers: required(
          list(
            object({ signal: required(object({ kind: required(words(100)), source: optional(words(63)), subject: optional(words(256)), type: optional(words(300)) })) }),
            { least: 1, most: 32 },
          ),
        ),
        perceive: optional(
          object({}, {
            filter: 'Expressions come with libs/jq; narrow the triggers by kind, source, subject and type instead.',
            dedupe: 'The news rules recognise repeated items by themselves.',
            correlate: `Each signal starts its own run. ${later}`,
          }),
        ),
        context: optional(
          object({ entities: optional(list(filePath, { most: 8 })) }, {
            window: later,
            readings: later,
            recall: later,
            maxTokens: 'Bound the model with budgets.perRun.tokens.',
          }),
        ),
        brain: required(object(brainFields, { extract: later })),
        tools: optional(list(toolShape, { most: 64 })),
        guardrails: optional(
          object({
            input: optional(object({ maxBytes: optional(integer(1024, 524_288)), unicode: optional(choice(['strict'])) }, { secrets: later, pii: later })),
            output: optional(object({ citations: optional(choice(['required'])), numbers: optional(choice(['cited'])), urls: optional(list(host, { most: 64 })) })),
            hops: optional(integer(1, 16)),
          }),
        ),
        budgets: optional(
          object(
            {
              perRun: optional(
                object(
                  {
                    steps: optional(integer(1, 64)),
                    modelCalls: optional(integer(1, 16)),
                    tokens: optional(integer(100, 2_000_000)),
                    wall: optional(duration(1000, 10 * minute)),
                    deadline: optional(duration(minute, 30 * day)),
                    proposals: optional(integer(0, 16)),
                  },
                  { usd: 'There is no price list in this release: bound the model with modelCalls and tokens.' },
                ),
              ),
            },
            { perDay: 'A day\'s budget cannot be held over several processes yet: bound each run.' },
          ),
        ),
        approval: optional(object({ minTier: optional(choice([0, 1, 2, 3])), reviewers: optional(group), quorum: optional(integer(1, 10)), expiresIn: optional(duration(minute, 7 * day)) })),
        outputs: optional(list(outputShape, { most: 16 })),
      },
      { flow: 'The brain proposes, and the run ends with the outcomes.' },
    ),
  ),
});

/** A manifest as it was read; durations are milliseconds. */
export type AgentManifest = typeof agentShape extends Shape<infer T> ? T : never;

/** Budgets of a run where the manifest says nothing. */
export const defaultBudgets = { steps: 12, modelCalls: 2, tokens: 40_000, wall: 90_000, deadline: 6 * hour, proposals: 3 } as const;
export const defaultExpiresIn = 4 * hour;
/** Hops from the first signal at which an agent stops, unless it says less. */
export const defaultHops = 8;
/** Bytes of a signal's content that a brain reads. */
export const defaultInputBytes = 65_536;

/** A tool of a manifest. */
export interface AgentTool {
  readonly ref: string;
  readonly constraints: Constraints;
  readonly perRun: number | undefined;
}
