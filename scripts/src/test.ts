// SPDX-License-Identifier: Apache-2.0
// `npm test`: lint, types of the tests, then every test. Arguments are passed to Vitest as file filters.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Reporter, startVitest, type TestModule } from 'vitest/node';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Counts what ran, and why something did not. */
class Tally implements Reporter {
  passed = 0;
  failed = 0;
  readonly skipped = new Map<string, number>();

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.failed += errors.length;
    for (const module of modules) {
      // A module that could not be loaded has no tests, and would otherwise pass unseen.
      if (module.errors().length > 0) this.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') this.passed += 1;
        else if (result.state === 'failed') this.failed += 1;
        else this.skip((result.state === 'skipped' ? result.note : undefined) ?? `${test.fullName} (${module.relativeModuleId})`);
      }
    }
  }

  check(name: string, command: string, ...args: string[]): void {
    const run = spawnSync(process.execPath, [join(root, 'node_modules', command), ...args], { cwd: root, stdio: 'inherit' });
    console.log(`${run.status === 0 ? 'passed' : 'FAILED'}: ${name}`);
    if (run.status === 0) this.passed += 1;
    else this.failed += 1;
  }

  private skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }
}

const filters = process.argv.slice(2);
const tally = new Tally();
if (filters.length === 0) {
  tally.check('lint (oxlint, type-aware)', 'oxlint/bin/oxlint', '--quiet');
  tally.check('types of the tests', 'typescript/bin/tsc', '-p', 'tsconfig.test.json');
}
const vitest = await startVitest('test', filters, { root, watch: false, reporters: ['default', tally] });
await vitest.close();
rmSync(join(root, '.vitest'), { recursive: true, force: true });

for (const [reason, count] of tally.skipped) console.log(`skipped ${count}: ${reason}`);
const skips = [...tally.skipped.values()].reduce((sum, count) => sum + count, 0);
console.log(`${tally.passed} passed, ${tally.failed} failed${skips > 0 ? `, ${skips} skipped` : ''}`);
process.exit(tally.failed > 0 || tally.passed === 0 ? 1 : 0);
