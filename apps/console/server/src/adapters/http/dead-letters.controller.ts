// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { RedriveRequested, ReplayRequested, type ServiceName, services } from '@nervus/contracts';
import { Controller, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { Type } from 'typebox';
import { parseLimit } from '../../domain/cursor.js';
import type { DeadLetterRow, LetterPlace } from '../../domain/dead-letter-row.js';
import { notFound, Problem } from '../../domain/problem.js';
import { GiveCommand } from '../../use-cases/give-command.js';
import { LetterContents } from '../letter-contents.js';
import { Queries } from '../queries.js';
import { Needs } from './access.js';
import { bodyOf, idempotencyKeyOf, queryOf } from './body.js';
import { type CommandBody, commandAnswer } from './command-answer.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

const ReasonBody = Type.Object({ reason: RedriveRequested.schema.properties.reason }, { additionalProperties: false });
const { service, topic, from, to, key, dryRun, reason } = ReplayRequested.schema.properties;
const ReplayBody = Type.Object({ service, topic, from, to, key, dryRun, reason }, { additionalProperties: false });

/** Records that services gave up: to look at, to have handled again, to give up for good. */
@Controller('api')
export class DeadLettersController {
  constructor(
    private readonly queries: Queries,
    private readonly contents: LetterContents,
    private readonly giveCommand: GiveCommand,
  ) {}

  @Get('dead-letters')
  @Header('cache-control', 'no-store')
  async list(@Req() request: ConsoleRequest): Promise<object> {
    const state = queryOf(request, 'state') ?? 'open';
    if (state !== 'open' && state !== 'handled') throw new Problem(400, 'state_unknown', 'Dead letters are open or handled.');
    const slice = { limit: parseLimit(queryOf(request, 'limit')), cursor: queryOf(request, 'cursor') };
    return { ...(await this.queries.freshness()), ...(await this.queries.deadLetters(visitorOf(request), state, slice, shown)) };
  }

  /** One letter with its content as it stands in the topic. */
  @Get('dead-letters/:service/:partition/:offset')
  @Header('cache-control', 'no-store')
  async one(@Req() request: ConsoleRequest, @Param() params: Record<string, string>): Promise<object> {
    const place = placeOf(params);
    const row = await this.queries.deadLetter(visitorOf(request), place);
    return { ...(await this.queries.freshness()), letter: shown(row), content: (await this.contents.of(place)) ?? null };
  }

  @Post('dead-letters/:service/:partition/:offset/redrive')
  @Needs('operator')
  @Header('cache-control', 'no-store')
  redrive(@Req() request: ConsoleRequest, @Param() params: Record<string, string>, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    return this.give('redrive', request, params, response);
  }

  @Post('dead-letters/:service/:partition/:offset/discard')
  @Needs('operator')
  @Header('cache-control', 'no-store')
  discard(@Req() request: ConsoleRequest, @Param() params: Record<string, string>, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    return this.give('discard', request, params, response);
  }

  @Post('replays')
  @Needs('operator')
  @Header('cache-control', 'no-store')
  async replay(@Req() request: ConsoleRequest, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const idempotencyKey = idempotencyKeyOf(request);
    const data = bodyOf(request, ReplayBody);
    if (Date.parse(data.from) >= Date.parse(data.to)) throw new Problem(400, 'interval_empty', '"from" must be before "to".');
    return commandAnswer(await this.giveCommand.give(visitor, idempotencyKey, { kind: 'replay', data }), response);
  }

  private async give(kind: 'redrive' | 'discard', request: ConsoleRequest, params: Record<string, string>, response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const idempotencyKey = idempotencyKeyOf(request);
    const { reason: because } = bodyOf(request, ReasonBody);
    const place = placeOf(params);
    await this.queries.deadLetter(visitor, place);
    return commandAnswer(await this.giveCommand.give(visitor, idempotencyKey, { kind, data: { ...place, reason: because } }), response);
  }
}

/** @throws Problem 404 for what can be no letter */
function placeOf({ service: name, partition, offset }: Record<string, string>): LetterPlace & { readonly service: ServiceName } {
  const owner = services.find((one) => one === name);
  if (!owner || !/^\d{1,5}$/.test(partition ?? '') || !/^\d{1,19}$/.test(offset ?? '')) throw notFound();
  return { service: owner, partition: Number(partition), offset: String(BigInt(offset!)) };
}

const shown = ({ tenant: _tenant, sort: _sort, forgetAt: _forgetAt, at, fate, ...row }: DeadLetterRow): object => ({ ...row, at: new Date(at).toISOString(), fate: fate && { ...fate, at: new Date(fate.at).toISOString() } });
