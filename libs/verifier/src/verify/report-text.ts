// SPDX-License-Identifier: Apache-2.0
import type { Report } from './report.js';

const shown = 50;

/** The report for people: the verdict first, then what led to it. */
export function reportText(report: Report): string {
  const { log, counts, effects } = report;
  const lines = [`${report.verdict}: ${log.origin ?? 'a log without a believable checkpoint'}, ${log.size} entries${log.upTo === undefined ? '' : `, up to ${log.upTo}`}`];
  if (log.root !== undefined) lines.push(`root ${log.root}`);
  lines.push('');
  for (const { step, result, looked } of report.steps) lines.push(`  ${step.padEnd(12)}${result.padEnd(12)}${looked}`);
  const list = (title: string, items: readonly string[], total: number): void => {
    if (total === 0) return;
    lines.push('', `${title} (${total}):`, ...items.slice(0, shown).map((item) => `  ${item}`));
    if (total > shown) lines.push(`  … ${total - Math.min(shown, items.length)} more`);
  };
  list('Violations', report.violations.map(({ rule, code, indexes, detail }) => `${rule} ${code} at ${indexes.join(', ') || 'the log'}: ${detail}`), counts.violations);
  list('Not verified', report.incomplete.map(({ code, indexes, detail }) => `${code}${indexes.length > 0 ? ` at ${indexes.slice(0, 10).join(', ')}` : ''}: ${detail}`), counts.incomplete);
  list('Recovered gaps', report.recovered.map(({ producer, epoch, from, to }) => `${producer} ${epoch}: ${from === to ? from : `${from} to ${to}`}`), report.recovered.length);
  if (effects) list('Effects without a permit', effects.keys.map((key) => key), effects.withoutPermit);
  lines.push('', ...report.limits);
  return `${lines.join('\n')}\n`;
}
