// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import type { Arguments, Command, Context } from './command.js';
import { agentsValidate } from './commands/agents-validate.js';
import { approvalsApprove, approvalsReject } from './commands/approvals-decide.js';
import { approvalsList } from './commands/approvals-list.js';
import { approvalsShow } from './commands/approvals-show.js';
import { auditVerify } from './commands/audit-verify.js';
import { dlqDiscard, dlqRedrive, dlqShow } from './commands/dlq-letter.js';
import { dlqList } from './commands/dlq-list.js';
import { eventsSend } from './commands/events-send.js';
import { eventsReplay } from './commands/events-replay.js';
import { eventsTail } from './commands/events-tail.js';
import { lag } from './commands/lag.js';
import { replay } from './commands/replay.js';
import { resume } from './commands/resume.js';
import { sourcesApply, sourcesPause, sourcesResume } from './commands/sources-change.js';
import { sourcesList } from './commands/sources-list.js';
import { sourcesTest } from './commands/sources-test.js';
import { sourcesValidate } from './commands/sources-validate.js';
import { status } from './commands/status.js';
import { stop } from './commands/stop.js';
import { subscribersAdd } from './commands/subscribers-add.js';
import { topicsApply, topicsCheck, topicsPlan } from './commands/topics.js';
import { whyStuck } from './commands/why-stuck.js';
import { exitCodes } from './exit-codes.js';
import { Failure, usageFailure } from './failure.js';
import { helpText, usageOf } from './help.js';
import { printable } from './printable.js';

export const commands: readonly Command[] = [agentsValidate, sourcesValidate, sourcesTest, sourcesApply, sourcesList, sourcesPause, sourcesResume, subscribersAdd, eventsSend, eventsReplay, eventsTail, approvalsList, approvalsShow, approvalsApprove, approvalsReject, stop, resume, dlqList, dlqShow, dlqRedrive, dlqDiscard, replay, whyStuck, lag, topicsCheck, topicsPlan, topicsApply, auditVerify, status];

/** What is to be printed, and what to end with. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs one command line. Never throws: whatever goes wrong is in the output. */
export async function run(words: readonly string[], context: Context): Promise<Output> {
  const json = words.includes('--json');
  try {
    const command = commandOf(words);
    if (!command || words.includes('--help')) return { stdout: `${command ? usageOf(command) : helpText(commands)}\n`, stderr: '', exitCode: exitCodes.ok };
    const result = await command.run(argumentsOf(command, words), context);
    return { stdout: `${json ? JSON.stringify(result.json) : result.text}\n`, stderr: '', exitCode: result.exitCode };
  } catch (error) {
    const failure = error instanceof Failure ? error : new Failure('internal', error instanceof Error ? error.message : String(error), exitCodes.internal, {}, { cause: error });
    const message = `nervus: ${printable(failure.message)}${failure.code === 'usage' ? '' : ` [${printable(failure.code)}]`}\n`;
    return { stdout: json ? `${JSON.stringify({ error: { code: failure.code, message: failure.message, ...failure.details } })}\n` : '', stderr: message, exitCode: failure.exitCode };
  }
}

/** The command that the first words name; undefined when help is asked for. */
function commandOf(words: readonly string[]): Command | undefined {
  const firstOption = words.findIndex((word) => word.startsWith('-'));
  const leading = firstOption < 0 ? words : words.slice(0, firstOption);
  if (leading.length === 0 || leading[0] === 'help') return undefined;
  const command = commands.find(({ name }) => name === leading.slice(0, name.split(' ').length).join(' '));
  if (command) return command;
  const group = commands.filter(({ name }) => name.startsWith(`${leading[0]} `));
  const known = (group.length > 0 ? group : commands).map(({ name }) => name).join(', ');
  throw usageFailure(`there is no command "${leading.slice(0, 2).join(' ')}": known are ${known}. "nervus help" explains them`);
}

function argumentsOf(command: Command, words: readonly string[]): Arguments {
  const named = Object.entries(command.options);
  const options = Object.fromEntries([...named.map(([name, { value }]) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]), ['json', { type: 'boolean' as const }]]);
  let given: Arguments;
  try {
    const { values, positionals } = parseArgs({ args: words.slice(command.name.split(' ').length), options, allowPositionals: true, strict: true });
    given = { positionals, options: { ...values } as Arguments['options'] };
  } catch (error) {
    throw usageFailure(`${error instanceof Error ? error.message.split('\n')[0] : String(error)}. Usage: ${usageOf(command).split('\n')[0]}`);
  }
  const missing = named.filter(([name, { required }]) => required && given.options[name] === undefined).map(([name]) => `--${name}`);
  if (given.positionals.length !== command.positionals.length || missing.length > 0) {
    throw usageFailure(`${missing.length > 0 ? `${missing.join(', ')} is missing` : `${command.positionals.length} arguments were expected, ${given.positionals.length} given`}. Usage: ${usageOf(command).split('\n')[0]}`);
  }
  return given;
}
