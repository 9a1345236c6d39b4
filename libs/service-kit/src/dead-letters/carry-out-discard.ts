// SPDX-License-Identifier: Apache-2.0
import { DiscardRequested, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { OwnIdentity } from '../own-identity.js';
import { AnswerCommand } from './answer-command.js';
import { OwnCopies } from './own-copies.js';

/** A dead letter of this service is given up by a person. It stays in its topic until its retention is over; the command says who and why. */
@UseCase()
export class CarryOutDiscard {
  constructor(
    private readonly identity: OwnIdentity,
    private readonly copies: OwnCopies,
    private readonly answers: AnswerCommand,
  ) {}

  @On(topics.console.commands, DiscardRequested)
  async handle(event: Received<DiscardRequested>): Promise<void> {
    const { service, partition, offset } = event.data;
    if (service !== this.identity.service) return;
    if (await this.copies.letter(partition, BigInt(offset))) return this.answers.say(event, 200, 'accepted', 'Nobody will handle this record; the command is on record.');
    await this.answers.say(event, 404, 'dead_letter_unknown', `${service} has no dead letter at ${partition}/${offset}: its retention may be over.`);
  }
}
