// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { atPointer } from '@nervus/contracts';
import type { Condition, SignalRules } from '@nervus/agent-manifest';
import { canonicalText, cut } from '../text/canonical.js';
import type { Conclusion, RulesBrain, Trigger } from './brain.js';

type Rule = SignalRules['rules'][number];

/**
 * Rules over the fields of any signal: the first rule whose conditions all hold concludes. Nothing is remembered, so a
 * run costs one write, and one more for the outcome.
 */
export function signalRulesBrain(rules: SignalRules): RulesBrain {
  return {
    kind: rules.kind,
    read: (trigger) => ({
      conclude() {
        const rule = rules.rules.find((candidate) => candidate.when.every((condition) => holds(condition, trigger.content)));
        return rule ? concludeBy(rule, trigger) : { nothing: 'no rule applies' };
      },
    }),
  };
}

function holds(condition: Condition, content: unknown): boolean {
  const value = atPointer(content, condition.at);
  if (condition.exists !== undefined && (value !== undefined) !== condition.exists) return false;
  if ('equals' in condition && !isDeepStrictEqual(value, condition.equals)) return false;
  if (condition.in && !condition.in.some((one) => isDeepStrictEqual(value, one))) return false;
  if (condition.min !== undefined && !(typeof value === 'number' && value >= condition.min)) return false;
  return condition.max === undefined || (typeof value === 'number' && value <= condition.max);
}

function concludeBy(rule: Rule, trigger: Trigger): Conclusion {
  const title = fillIn(rule.title, trigger, 300);
  const text = fillIn(rule.text, trigger, 2000);
  const places = rule.when.map((condition) => condition.at);
  return {
    kind: 'brief',
    subject: trigger.subject,
    title: title.value,
    severity: rule.severity,
    statements: [{ text: text.value, places: [...new Set([...text.places, ...places])] }],
    data: { rule: rule.name },
    results: {
      title,
      text,
      severity: { value: rule.severity, places: [] },
      citations: { value: [...new Set([...title.places, ...text.places, ...places])], places: [] },
      subject: { value: trigger.subject, places: [] },
      rule: { value: rule.name, places: [] },
    },
    confidence: 0.9,
    against: [],
    publish: rule.brief ?? true,
    propose: true,
    summary: `rule ${rule.name}, severity ${rule.severity}`,
  };
}

/** Text of the rule with `{/pointer}` replaced by what stands there, inert and bounded. */
function fillIn(template: string, trigger: Trigger, most: number): { readonly value: string; readonly places: readonly string[] } {
  const places: string[] = [];
  const value = template.replaceAll(/\{(\/[^{}]*)\}/g, (_, pointer: string) => {
    places.push(pointer);
    const found = atPointer(trigger.content, pointer);
    return found === undefined ? '(none)' : cut(canonicalText(typeof found === 'string' ? found : (JSON.stringify(found) ?? '')).text, 300);
  });
  return { value: cut(value, most), places: [...new Set(places)] };
}
