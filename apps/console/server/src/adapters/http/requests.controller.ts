// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { Sha256, VerdictGiven } from '@nervus/contracts';
import { Controller, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { Type } from 'typebox';
import { parseLimit } from '../../domain/cursor.js';
import { Problem } from '../../domain/problem.js';
import { publicRow } from '../../domain/public-view.js';
import { type RequestState, requestStates } from '../../domain/request-row.js';
import { GiveCommand } from '../../use-cases/give-command.js';
import { Queries } from '../queries.js';
import { Needs } from './access.js';
import { bodyOf, idempotencyKeyOf, queryOf, revisionOf } from './body.js';
import { type CommandBody, commandAnswer } from './command-answer.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

const { nonce, verdict, reason } = VerdictGiven.schema.properties;
const VerdictBody = Type.Object({ verdict, nonce, digest: Sha256, evidenceHash: Sha256, reason }, { additionalProperties: false });

/** Questions to people: lists, the whole, what became of them, and what one says to them. */
@Controller('api/requests')
export class RequestsController {
  constructor(
    private readonly queries: Queries,
    private readonly giveCommand: GiveCommand,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@Req() request: ConsoleRequest): Promise<object> {
    const state = stateOf(queryOf(request, 'state'));
    const slice = { limit: parseLimit(queryOf(request, 'limit')), cursor: queryOf(request, 'cursor') };
    const [freshness, page] = await Promise.all([this.queries.freshness(), this.queries.requests(visitorOf(request), state, slice, publicRow)]);
    return { ...freshness, ...page };
  }

  @Get(':id')
  @Header('cache-control', 'no-store')
  async one(@Req() request: ConsoleRequest, @Param('id') id: string, @Res({ passthrough: true }) response: ServerResponse): Promise<object> {
    const [freshness, whole] = await Promise.all([this.queries.freshness(), this.queries.request(visitorOf(request), id)]);
    response.setHeader('etag', `"${whole.request.revision}"`);
    return { ...freshness, request: whole.request };
  }

  @Get(':id/packet')
  @Header('cache-control', 'no-store')
  async packet(@Req() request: ConsoleRequest, @Param('id') id: string): Promise<object> {
    const [freshness, whole] = await Promise.all([this.queries.freshness(), this.queries.request(visitorOf(request), id)]);
    return { ...freshness, evidenceHash: whole.request.evidenceHash, packet: whole.request.packet };
  }

  @Get(':id/chain')
  @Header('cache-control', 'no-store')
  async chain(@Req() request: ConsoleRequest, @Param('id') id: string): Promise<object> {
    const visitor = visitorOf(request);
    const row = await this.queries.requestRow(visitor, id);
    const [freshness, chain] = await Promise.all([this.queries.freshness(), this.queries.chain(visitor, row)]);
    return { ...freshness, requestId: row.requestId, actionId: row.actionId, state: chain.standing.state, standing: chain.standing.sentence, steps: chain.steps };
  }

  /** A verdict: judged by approval alone, against what the caller says it was shown. */
  @Post(':id/verdicts')
  @Needs('reviewer')
  @Header('cache-control', 'no-store')
  async decide(@Req() request: ConsoleRequest, @Param('id') id: string, @Res({ passthrough: true }) response: ServerResponse): Promise<CommandBody> {
    const visitor = visitorOf(request);
    const key = idempotencyKeyOf(request);
    const revision = revisionOf(request);
    const body = bodyOf(request, VerdictBody);
    const { requestId } = await this.queries.requestRow(visitor, id);
    return commandAnswer(await this.giveCommand.give(visitor, key, { kind: 'verdict', requestId, data: { revision, ...body } }), response);
  }
}

function stateOf(text = 'open'): RequestState {
  const state = requestStates.find((known) => known === text);
  if (!state) throw new Problem(400, 'state_unknown', `There is no such state: known are ${requestStates.join(', ')}.`);
  return state;
}
