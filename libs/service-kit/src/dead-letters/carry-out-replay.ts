// SPDX-License-Identifier: Apache-2.0
import { findTopic, physicalName, readingOf, ReplayRequested, type TopicDeclaration, topics } from '@nervus/contracts';
import type { InboundRecord, OffsetRange, Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { OwnIdentity } from '../own-identity.js';
import { AnswerCommand } from './answer-command.js';
import { OwnCopies } from './own-copies.js';
import { TopicPrefix } from './topic-prefix.js';

/** Records that one command may have handled again: as many as can be read while its handler has time. */
const mostRecords = 10_000n;

/** Records of one input are to be handled again; the place of the group in that topic does not move. */
@UseCase()
export class CarryOutReplay {
  constructor(
    private readonly identity: OwnIdentity,
    private readonly copies: OwnCopies,
    private readonly answers: AnswerCommand,
    private readonly topicPrefix: TopicPrefix,
  ) {}

  @On(topics.console.commands, ReplayRequested)
  async handle(event: Received<ReplayRequested>): Promise<void> {
    const { service, topic, from, to, key, dryRun } = event.data;
    if (service !== this.identity.service) return;
    const declaration = findTopic(topic);
    if (!declaration || declaration.copies || readingOf(declaration, service) !== 'group') return this.answers.say(event, 409, 'topic_not_read', `${service} does not handle records of ${topic}: name one of its inputs.`);
    const ranges = await this.copies.between(physicalName(declaration, this.topicPrefix.prefix), Date.parse(from), Date.parse(to));
    const span = ranges.reduce((sum, range) => sum + range.to - range.from, 0n);
    if (span > mostRecords) return this.answers.say(event, 413, 'replay_too_large', `${span} records stand between the two instants, ${mostRecords} may be replayed at once: take a shorter time.`);
    const records = (await this.copies.read(ranges)).filter((record) => isAsked(record, declaration, event, key));
    if (!dryRun) await this.copies.handleAgain(records, 'replayed');
    await this.answers.say(event, 200, 'accepted', sentence(records, ranges, service, dryRun));
  }
}

/** A person may replay what belongs to the own tenant, and nothing else. */
function isAsked({ key }: InboundRecord, declaration: TopicDeclaration, { tenant }: Received<ReplayRequested>, asked: string | undefined): boolean {
  const text = key?.toString('utf8') ?? '';
  if (declaration.tenantInKey && !text.startsWith(`${tenant}/`)) return false;
  return asked === undefined || text === asked;
}

function sentence(records: readonly InboundRecord[], ranges: readonly OffsetRange[], service: string, dryRun: boolean): string {
  const where = ranges.map(({ partition, from, to }) => `${partition}/${from}-${to - 1n}`).join(', ');
  const what = `${records.length} records${where === '' ? '' : ` of those at ${where}`}`;
  return dryRun ? `${what} would be handled again by ${service}.` : `${what} are handled again by ${service}; what it has applied already changes nothing.`;
}
