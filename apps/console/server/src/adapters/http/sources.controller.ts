// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { Name, type SourceChanged, SourceApplyRequested, SourcePauseRequested } from '@nervus/contracts';
import { Controller, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { notFound } from '../../domain/problem.js';
import { GiveCommand } from '../../use-cases/give-command.js';
import { Queries } from '../queries.js';
import { Needs } from './access.js';
import { bodyOf, idempotencyKeyOf } from './body.js';
import { type CommandBody, commandAnswer } from './command-answer.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

const { manifest, dryRun, reason } = SourceApplyRequested.schema.properties;
const ApplyBody = Type.Object({ manifest, dryRun, reason }, { additionalProperties: false });
const ReasonBody = Type.Object({ reason: SourcePauseRequested.schema.properties.reason }, { additionalProperties: false });

/** Sources of events as they stand, and the commands that change them. */
@Controller('api/sources')
export class SourcesController {
  constructor(
    private readonly queries: Queries,
    private readonly giveCommand: GiveCommand,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@Req() request: ConsoleRequest): Promise<object> {
    return { ...(await this.queries.freshness()), items: this.queries.sources(visitorOf(request)).map(shown), next: null };
  }

  /** ingestion judges the manifest; what is wrong with it is in the answer. */
  @Post()
  @Needs('operator')
  @Header('cache-control', 'no-store')
  async apply(@Req() request: ConsoleRequest, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const key = idempotencyKeyOf(request);
    return commandAnswer(await this.giveCommand.give(visitor, key, { kind: 'apply-source', data: bodyOf(request, ApplyBody) }), response);
  }

  @Post(':name/pause')
  @Needs('operator')
  @Header('cache-control', 'no-store')
  pause(@Req() request: ConsoleRequest, @Param('name') name: string, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    return this.give(request, name, true, response);
  }

  @Post(':name/resume')
  @Needs('operator')
  @Header('cache-control', 'no-store')
  resume(@Req() request: ConsoleRequest, @Param('name') name: string, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    return this.give(request, name, false, response);
  }

  private async give(request: ConsoleRequest, name: string, paused: boolean, response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const key = idempotencyKeyOf(request);
    const { reason: because } = bodyOf(request, ReasonBody);
    if (!Value.Check(Name, name)) throw notFound();
    return commandAnswer(await this.giveCommand.give(visitor, key, { kind: 'pause-source', data: { name, paused, reason: because } }), response);
  }
}

const shown = ({ tenant: _tenant, ...source }: SourceChanged): object => source;
