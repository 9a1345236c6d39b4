// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { ServiceLogger } from '@nervus/service-kit';
import { IngestionMetrics } from '../ingestion-metrics.js';
import { notFound } from '../../domain/door.js';
import { answerProblem, answerRefusal } from './answers.js';

/** What is answered where no route fits: the same problem as for a source that does not exist. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly metrics: IngestionMetrics,
    private readonly logger: ServiceLogger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<IncomingMessage>();
    const response = http.getResponse<ServerResponse>();
    // A path that cannot be decoded leads nowhere either.
    if (error instanceof HttpException || error instanceof URIError) {
      const refusal = notFound();
      this.metrics.rejected(undefined, refusal.status, refusal.code);
      answerRefusal(request, response, refusal);
      return;
    }
    this.logger.error({ err: error, code: 'request_failed' }, 'a request failed for a reason that nobody foresaw');
    answerProblem(response, 500, 'request_failed', 'The request failed.');
  }
}
