// SPDX-License-Identifier: Apache-2.0
import { atPointer, type Label } from '@nervus/contracts';
import type { ParamTemplate, ProposalTemplate } from '@nervus/agent-manifest';
import { citation, joined, labelAt, labelOfPlaces, ownerLabel } from '../labels.js';
import type { WantedAction } from '../exact-proposal.js';
import type { Conclusion, Statement, Trigger } from './brain.js';

/** The actions that the rules' proposals make of a conclusion, each parameter labelled with what it was made from. */
export function wantedBy(proposals: readonly ProposalTemplate[], conclusion: Conclusion, trigger: Trigger): WantedAction[] {
  if (!conclusion.propose) return [];
  return proposals
    .filter((proposal) => conclusion.severity >= proposal.when.minSeverity)
    .map((proposal) => {
      const filled = Object.entries(proposal.params).flatMap(([name, template]) => {
        const made = fill(template, conclusion, trigger);
        return made === undefined ? [] : [[name, made] as const];
      });
      return {
        name: proposal.name,
        tool: proposal.tool,
        params: Object.fromEntries(filled.map(([name, made]) => [name, made.value])),
        labels: Object.fromEntries(filled.map(([name, made]) => [`/${name}`, made.label])),
        confidence: Math.min(proposal.confidence ?? 1, conclusion.confidence),
        reasons: cited([{ text: `Severity ${conclusion.severity} is at or above ${proposal.when.minSeverity}, at which the rules propose "${proposal.name}".`, places: conclusion.statements[0]?.places ?? [] }, ...conclusion.statements], trigger),
        against: cited(conclusion.against, trigger),
      };
    });
}

interface Filled {
  readonly value: unknown;
  readonly label: Label;
}

/** A value that is not there leaves the parameter out. */
function fill(template: ParamTemplate, conclusion: Conclusion, trigger: Trigger): Filled | undefined {
  if ('const' in template) return { value: template.const, label: ownerLabel };
  if ('signal' in template) {
    const value = atPointer(trigger.content, template.signal);
    return value === undefined ? undefined : { value, label: labelAt(trigger, template.signal) };
  }
  if ('from' in template) {
    const result = Object.hasOwn(conclusion.results, template.from) ? conclusion.results[template.from] : undefined;
    if (!result) return undefined;
    const value = template.from === 'citations' && Array.isArray(result.value) ? result.value.map((place) => citation(trigger, String(place))) : result.value;
    return { value, label: labelOfPlaces(trigger, result.places) };
  }
  const members = Object.entries(template.object).flatMap(([name, member]) => {
    const made = fill(member, conclusion, trigger);
    return made === undefined ? [] : [[name, made] as const];
  });
  return { value: Object.fromEntries(members.map(([name, made]) => [name, made.value])), label: joined([ownerLabel, ...members.map(([, made]) => made.label)]) };
}

/** Statements with their places as other services can follow them. */
export const cited = (statements: readonly Statement[], trigger: Trigger): { text: string; src: string[] }[] => statements.map((statement) => ({ text: statement.text, src: statement.places.map((place) => citation(trigger, place)) }));
