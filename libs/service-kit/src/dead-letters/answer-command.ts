// SPDX-License-Identifier: Apache-2.0
import { ownTopics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { Injectable } from '@nestjs/common';
import { Events } from '../events.js';
import { OwnIdentity } from '../own-identity.js';

/** Tells who gave a command what became of it. */
@Injectable()
export class AnswerCommand {
  constructor(
    private readonly events: Events,
    private readonly identity: OwnIdentity,
  ) {}

  /** @param status the HTTP status that says the same */
  async say(command: Received<{ readonly commandId: string }>, status: number, code: string, detail: string): Promise<void> {
    const { commandId } = command.data;
    const { CommandAnswered } = ownTopics(this.identity.service);
    await this.events.publish([this.events.of(CommandAnswered, { key: commandId, cause: command, purpose: 'answer', data: { commandId, status, code, detail } })]);
  }
}
