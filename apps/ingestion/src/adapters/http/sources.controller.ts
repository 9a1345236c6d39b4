// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Param, Req, Res } from '@nestjs/common';
import { ServiceLogger } from '@nervus/service-kit';
import { corsHeaders, Refusal } from '@nervus/sources';
import { IngestionMetrics } from '../ingestion-metrics.js';
import type { OpenSource } from '../../domain/door.js';
import { answer, answerProblem, answerRefusal } from './answers.js';
import { SenderGone } from './read-body.js';
import { ReceiveEvent } from './receive-event.js';

/** Events of the outside: `POST /v1/<tenant>/<source>`, and with a path token for sources that are not signed. */
@Controller('v1')
export class SourcesController {
  constructor(
    private readonly receiveEvent: ReceiveEvent,
    private readonly metrics: IngestionMetrics,
    private readonly logger: ServiceLogger,
  ) {}

  @All(':tenant/:source')
  signed(@Param('tenant') tenant: string, @Param('source') source: string, @Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    return this.handle(tenant, source, undefined, request, response);
  }

  @All(':tenant/:source/:pathToken')
  unsigned(@Param('tenant') tenant: string, @Param('source') source: string, @Param('pathToken') pathToken: string, @Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    return this.handle(tenant, source, pathToken, request, response);
  }

  private async handle(tenant: string, name: string, pathToken: string | undefined, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let source: OpenSource | undefined;
    try {
      source = this.receiveEvent.sourceAt(tenant, name, pathToken);
      for (const [header, value] of Object.entries(corsHeaders(source, request.headers.origin))) response.setHeader(header, value);
      answer(response, await this.receiveEvent.receive({ request, response, source }));
    } catch (error) {
      if (error instanceof SenderGone) {
        this.metrics.rejected(source?.name, 0, error.code);
      } else if (error instanceof Refusal) {
        this.metrics.rejected(source?.name, error.status, error.code);
        answerRefusal(request, response, error);
      } else {
        this.logger.error({ err: error, code: 'receive_failed', source: source?.name }, 'a request failed for a reason that nobody foresaw');
        this.metrics.rejected(source?.name, 500, 'receive_failed');
        answerProblem(response, 500, 'receive_failed', 'The event was not accepted. Send it again later.');
      }
    }
  }
}
