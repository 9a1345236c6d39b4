// SPDX-License-Identifier: Apache-2.0
import { Controller, Get, Header, Param, Req } from '@nestjs/common';
import { parseLimit } from '../../domain/cursor.js';
import { isGivenBy } from '../../domain/command.js';
import { notFound, Problem } from '../../domain/problem.js';
import { Queries, type Slice } from '../queries.js';
import { ReadModels } from '../read-models.js';
import { queryOf } from './body.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

/** What the mesh concluded, does and trips over: lists to read, nothing to change. */
@Controller('api')
export class ListsController {
  constructor(
    private readonly queries: Queries,
    private readonly models: ReadModels,
  ) {}

  @Get('intelligence')
  @Header('cache-control', 'no-store')
  async intelligence(@Req() request: ConsoleRequest): Promise<object> {
    return this.fresh(await this.queries.intelligence(visitorOf(request), sliceOf(request), ({ intelligence, json, at }) => ({ ...intelligence, data: JSON.parse(json) as unknown, at: new Date(at).toISOString() })));
  }

  @Get('runs')
  @Header('cache-control', 'no-store')
  async runs(@Req() request: ConsoleRequest): Promise<object> {
    return this.fresh(await this.queries.runs(visitorOf(request), sliceOf(request), ({ run }) => run));
  }

  @Get('agents')
  @Header('cache-control', 'no-store')
  async agents(@Req() request: ConsoleRequest): Promise<object> {
    return this.fresh({ items: this.queries.agents(visitorOf(request)), next: null });
  }

  @Get('findings')
  @Header('cache-control', 'no-store')
  async findings(@Req() request: ConsoleRequest): Promise<object> {
    const status = queryOf(request, 'status') ?? 'open';
    if (status !== 'open' && status !== 'settled') throw new Problem(400, 'status_unknown', 'Findings are open or settled.');
    return this.fresh(await this.queries.findings(status, sliceOf(request), ({ finding }) => finding));
  }

  @Get('status')
  @Header('cache-control', 'no-store')
  async status(@Req() request: ConsoleRequest): Promise<object> {
    const status = await this.queries.status(visitorOf(request));
    return this.fresh({ ...status, services: status.services.map(({ service, processes }) => ({ service, processes: processes.map(({ epoch, state, at, stopEpoch }) => ({ epoch, state, at, stopEpoch })) })) });
  }

  /** What became of a command that was answered with 202. */
  @Get('commands/:id')
  @Header('cache-control', 'no-store')
  async command(@Req() request: ConsoleRequest, @Param('id') id: string): Promise<object> {
    const found = await this.models.commands.read(id);
    if (!found || !isGivenBy(found.state, visitorOf(request))) throw notFound();
    const { answer } = found.state;
    return { commandId: id, code: answer?.code ?? 'pending', status: answer?.status ?? 202, detail: answer?.detail ?? 'Nobody has answered yet.' };
  }

  private async fresh(body: object): Promise<object> {
    return { ...(await this.queries.freshness()), ...body };
  }
}

const sliceOf = (request: ConsoleRequest): Slice => ({ limit: parseLimit(queryOf(request, 'limit')), cursor: queryOf(request, 'cursor') });
