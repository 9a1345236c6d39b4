// SPDX-License-Identifier: Apache-2.0
import type { Finding } from '../finding.js';
import type { Shortfall, Step } from './report.js';

type StepName = Step['step'];

/** What was found while verifying, by step. */
export class Notebook {
  private readonly steps = new Map<StepName, { looked: string; violations: number; shortfalls: number }>();
  readonly violations: Finding[] = [];
  readonly incomplete: Shortfall[] = [];

  violation(step: StepName, ...findings: readonly Finding[]): void {
    this.of(step).violations += findings.length;
    for (const finding of findings) this.violations.push(finding);
  }

  shortfall(step: StepName, code: string, detail: string, indexes: readonly number[] = []): void {
    this.of(step).shortfalls++;
    this.incomplete.push({ code, indexes, detail });
  }

  /** Says what a step looked at; a step of which nothing is said was not asked for. */
  looked(step: StepName, looked: string): void {
    this.of(step).looked = looked;
  }

  summary(): Step[] {
    const names: readonly StepName[] = ['notes', 'replay', 'tiles', 'consistency', 'payloads', 'signatures', 'sequences', 'rules', 'effects'];
    return names.map((step) => {
      const seen = this.steps.get(step);
      if (!seen) return { step, result: 'not asked', looked: '' };
      return { step, result: seen.violations > 0 ? 'failed' : seen.shortfalls > 0 ? 'incomplete' : 'passed', looked: seen.looked };
    });
  }

  private of(step: StepName): { looked: string; violations: number; shortfalls: number } {
    let seen = this.steps.get(step);
    if (!seen) this.steps.set(step, (seen = { looked: '', violations: 0, shortfalls: 0 }));
    return seen;
  }
}
