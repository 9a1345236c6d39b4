// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { ResumeRequested, StopRequested } from '@nervus/contracts';
import { Controller, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { Type } from 'typebox';
import { GiveCommand } from '../../use-cases/give-command.js';
import { Queries } from '../queries.js';
import { Needs } from './access.js';
import { bodyOf, idempotencyKeyOf } from './body.js';
import { type CommandBody, commandAnswer } from './command-answer.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

const StopBody = Type.Object({ scope: StopRequested.schema.properties.scope, reason: StopRequested.schema.properties.reason }, { additionalProperties: false });
const ResumeBody = Type.Object({ reason: ResumeRequested.schema.properties.reason }, { additionalProperties: false });

/** Kill switches: one person throws them, two lift them. */
@Controller('api/stops')
export class StopsController {
  constructor(
    private readonly queries: Queries,
    private readonly giveCommand: GiveCommand,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@Req() request: ConsoleRequest): Promise<object> {
    return { ...(await this.queries.freshness()), items: this.queries.stops(visitorOf(request)), next: null };
  }

  /** The id of the command is the id of the stop. */
  @Post()
  @Needs('operator')
  @Header('cache-control', 'no-store')
  async stop(@Req() request: ConsoleRequest, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const key = idempotencyKeyOf(request);
    return commandAnswer(await this.giveCommand.give(visitor, key, { kind: 'stop', data: bodyOf(request, StopBody) }), response);
  }

  @Post(':id/resume')
  @Needs('operator')
  @Header('cache-control', 'no-store')
  async resume(@Req() request: ConsoleRequest, @Param('id') id: string, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const key = idempotencyKeyOf(request);
    const data = bodyOf(request, ResumeBody);
    const { stopId } = this.queries.stop(visitor, id);
    return commandAnswer(await this.giveCommand.give(visitor, key, { kind: 'resume', stopId, data }), response);
  }
}
