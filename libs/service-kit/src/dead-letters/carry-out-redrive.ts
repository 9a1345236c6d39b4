// SPDX-License-Identifier: Apache-2.0
import { RedriveRequested, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { OwnIdentity } from '../own-identity.js';
import { AnswerCommand } from './answer-command.js';
import { OwnCopies } from './own-copies.js';

/**
 * A dead letter of this service is to be handled again. Carrying it out twice is harmless: the copies have one id, and
 * whoever handles them knows it.
 */
@UseCase()
export class CarryOutRedrive {
  constructor(
    private readonly identity: OwnIdentity,
    private readonly copies: OwnCopies,
    private readonly answers: AnswerCommand,
  ) {}

  @On(topics.console.commands, RedriveRequested)
  async handle(event: Received<RedriveRequested>): Promise<void> {
    const { service, partition, offset } = event.data;
    if (service !== this.identity.service) return;
    const letter = await this.copies.letter(partition, BigInt(offset));
    if (!letter) return this.answers.say(event, 404, 'dead_letter_unknown', `${service} has no dead letter at ${partition}/${offset}: its retention may be over.`);
    await this.copies.handleAgain([letter], 'redriven');
    await this.answers.say(event, 200, 'accepted', `The record is handled again by ${service}; if it fails for good, a new dead letter says why.`);
  }
}
