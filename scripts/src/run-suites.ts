// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Reporter, startVitest, type TestModule } from 'vitest/node';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What came of the tests of one subject. */
export interface SuiteCount {
  readonly passed: number;
  readonly failed: number;
  /** Why something was skipped, each reason once. */
  readonly skipped: readonly string[];
}

/** What came of all of them. */
export interface SuiteRun<N extends string> {
  readonly counts: Readonly<Record<N, SuiteCount>>;
  /** Nothing failed, every subject was tested, and no error belongs to none of them. */
  readonly ok: boolean;
}

/** Runs test files with Vitest and counts by the subject that each file is about. */
export async function runSuites<N extends string>(suites: Readonly<Record<N, readonly string[]>>): Promise<SuiteRun<N>> {
  const counts = new Counts(suites);
  const vitest = await startVitest('test', [...new Set(Object.values<readonly string[]>(suites).flat())], { root, watch: false, reporters: ['default', counts] });
  await vitest.close();
  const names = Object.keys(suites) as N[];
  return { counts: counts.bySubject, ok: counts.stray === 0 && names.every((name) => counts.bySubject[name].failed === 0 && counts.bySubject[name].passed > 0) };
}

class Counts<N extends string> implements Reporter {
  readonly bySubject: Record<N, { passed: number; failed: number; skipped: string[] }>;
  /** Errors and files that belong to no subject. */
  stray = 0;

  constructor(private readonly suites: Readonly<Record<N, readonly string[]>>) {
    const names = Object.keys(suites) as N[];
    this.bySubject = Object.fromEntries(names.map((name) => [name, { passed: 0, failed: 0, skipped: [] as string[] }])) as Counts<N>['bySubject'];
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.stray += errors.length;
    for (const module of modules) {
      const names = (Object.keys(this.suites) as N[]).filter((name) => this.suites[name].includes(module.relativeModuleId));
      if (names.length === 0) this.stray += 1;
      for (const name of names) this.count(name, module);
    }
  }

  private count(name: N, module: TestModule): void {
    const count = this.bySubject[name];
    count.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') count.passed += 1;
      else if (result.state === 'failed') count.failed += 1;
      else {
        const reason = (result.state === 'skipped' ? result.note : undefined) ?? test.fullName;
        if (!count.skipped.includes(reason)) count.skipped.push(reason);
      }
    }
  }
}
