// SPDX-License-Identifier: Apache-2.0
import type { ChainAnswer, Packet, Request } from '../api.js';
import { type Command, consoleOptions } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { checkEvidence } from '../evidence.js';
import { printable, quoted } from '../printable.js';
import { duration, fields, table } from '../table.js';
import { findRequest } from './find-request.js';

/** Everything that a reviewer is to judge, and what became of it. */
export const approvalsShow: Command = {
  name: 'approvals show',
  summary: 'Show the exact action, where each parameter comes from, the evidence, and what became of it',
  positionals: ['REQUEST'],
  options: consoleOptions,
  async run(given, context) {
    const client = ConsoleClient.of(given, context);
    const answer = await findRequest(client, given.positionals[0] ?? '');
    const { request } = answer;
    checkEvidence(request);
    const chain = await client.get<ChainAnswer>(`/api/requests/${request.requestId}/chain`);
    return { json: { ...answer, chain }, text: requestText(request, chain, answer.ageMs, context.now()), exitCode: exitCodes.ok };
  },
};

function requestText(request: Request, chain: ChainAnswer, ageMs: number, now: number): string {
  const { packet } = request;
  const left = Date.parse(request.expiresAt) - now;
  const parts = [
    fields([
      ['request', `${request.requestId}, revision ${request.revision}`],
      ['state', `${request.state}${request.code === undefined ? '' : ` (${printable(request.code)})`}${request.state === 'open' ? `, ${duration(left)} left` : ''}`],
      ['votes', `${request.votes.filter(({ verdict }) => verdict === 'approve').length} of ${request.quorum} from ${request.approvers.map(printable).join(', ')}`],
      ['standing', printable(chain.standing)],
    ]),
    actionText(packet),
    section('Warnings', packet.flags.map((flag) => `! ${printable(flag)}`)),
    section(`Risk ${packet.risk.score}, tier ${packet.tier}`, [packet.risk.rows.length > 0 ? table(['ROW', 'SCORE', 'BECAUSE'], packet.risk.rows.map(({ row, score, because }) => [row, String(score), because])) : 'no rows', `policies that ask for people: ${packet.policies.map(printable).join(', ')}`]),
    section('Reasons, in the words of the agent', packet.reasons.flatMap(({ text, src }) => [quoted(text), `    from ${src.map(shortPointer).map(printable).join(', ') || 'nowhere named'}`])),
    section('Against, in the words of the agent', packet.against.flatMap(({ text, src }) => [quoted(text), `    from ${src.map(shortPointer).map(printable).join(', ') || 'nowhere named'}`])),
    section('Sources, as they were read', packet.sources.flatMap(({ eventId, title, excerpt, link }) => [`${eventId}${link === undefined ? '' : `  ${printable(link)}`}`, quoted(title), quoted(excerpt)])),
    section('What became of it', [table(['STEP', 'AT', 'RESULT', 'CODE', 'DETAIL'], chain.steps.map(({ step, at, result, code, detail }) => [step, at, result, code, detail]))]),
    fields([['evidence', request.evidenceHash], ['action digest', packet.digest], ['as of', `${duration(ageMs)} ago`]]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function actionText({ action, labels, control, reversible, owner, confidence }: Packet): string {
  const rows = Object.entries(action.params).map(([name, value]) => {
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const label = labels[pointer];
    return [control.includes(pointer) ? `${name} *` : name, typeof value === 'string' ? value : JSON.stringify(value), label?.trust ?? 'unknown', label?.class ?? 'unknown', label ? label.src.map(shortPointer).join(', ') || 'the manifest' : 'nowhere named'];
  });
  return `Exact action\n${fields([
    ['tool', `${action.tool}.${action.operation}`],
    ['target', printable(action.target)],
    ['effect', `${action.effect}, ${reversible ? 'can be taken back' : 'cannot be taken back'}`],
    ['agent', `${action.agent.name} ${action.agent.version}, owner ${printable(owner)}, confidence ${Math.round(confidence * 100)} %`],
    ...(action.onBehalfOf === undefined ? [] : [['for', printable(action.onBehalfOf)] as const]),
  ])}\n\n${table(['PARAMETER', 'VALUE', 'TRUST', 'CLASS', 'FROM'], rows)}\n* decides where it goes or what kind it is`;
}

/** `2f1b8a3e… /content/title`. */
function shortPointer(pointer: string): string {
  const [event = '', place = ''] = pointer.split('#');
  return `${event.slice(0, 8)}… ${place}`.trim();
}

const section = (title: string, lines: readonly string[]): string => (lines.length === 0 ? '' : `${title}\n${lines.join('\n')}`);
