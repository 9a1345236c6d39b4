// SPDX-License-Identifier: Apache-2.0
import { Controller, Get, Header, Param, Req } from '@nestjs/common';
import { Queries } from '../queries.js';
import type { ConsoleRequest } from './request.js';
import { visitorOf } from './visitor.js';

/** One run: what it waits for. */
@Controller('api/runs')
export class RunsController {
  constructor(private readonly queries: Queries) {}

  @Get(':id/standing')
  @Header('cache-control', 'no-store')
  async standing(@Req() request: ConsoleRequest, @Param('id') id: string): Promise<object> {
    return { ...(await this.queries.freshness()), standing: await this.queries.runStanding(visitorOf(request), id) };
  }
}
