// SPDX-License-Identifier: Apache-2.0
import type { Label } from '@nervus/contracts';
import type { Thought } from '../../conclude-run.js';
import { citation, joined, labelAt, labelOfAnswer, ownerLabel } from '../../labels.js';
import type { LoadedAgent } from '../../loaded-agent.js';
import type { Conclusion, Trigger } from '../brain.js';
import type { ModelAnswer } from './answer.js';
import type { Place } from './places.js';

/** What follows from a model's answer. Whatever it says is labelled with all that it was shown. */
export function thoughtOfModel(agent: LoadedAgent, trigger: Trigger, places: readonly Place[], answer: ModelAnswer): Thought {
  const prompt = joined([ownerLabel, ...places.map(({ pointer }) => labelAt(trigger, pointer))]);
  const conclusion: Conclusion = {
    kind: 'brief',
    subject: trigger.subject,
    title: answer.title,
    severity: answer.severity,
    statements: answer.statements.map(({ text, cites }) => ({ text, places: cites })),
    data: answer.assessment,
    results: {},
    confidence: 0.5,
    against: [{ text: 'A model wrote this; its own confidence is not counted in favour.', places: [] }],
    publish: true,
    propose: true,
    summary: `answer of severity ${answer.severity} with ${answer.proposals.length} proposals`,
  };
  const against = conclusion.against.map(({ text }) => ({ text, src: [] }));
  const wanted = answer.proposals.map(({ tool, params, confidence, reason, cites }, index) => ({
    name: `model-${index}`,
    tool,
    params,
    labels: labelsOf(agent, prompt, tool, params),
    confidence: Math.min(confidence, conclusion.confidence),
    reasons: [{ text: reason, src: cites.map((cite) => citation(trigger, cite)) }],
    against,
  }));
  return { by: 'model', conclusion, wanted };
}

function labelsOf(agent: LoadedAgent, prompt: Label, tool: string, params: Readonly<Record<string, unknown>>): Record<string, Label> {
  const constraints = agent.tools.find((one) => one.ref === tool)?.constraints ?? {};
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [`/${name}`, labelOfAnswer(prompt, constraints, `/${name}`, value)]));
}
