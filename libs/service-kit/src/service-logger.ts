// SPDX-License-Identifier: Apache-2.0
import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Token under which the process's logger is injected; its type is pino's. */
export abstract class ServiceLogger {
  declare readonly info: Logger['info'];
  declare readonly warn: Logger['warn'];
  declare readonly error: Logger['error'];
  declare readonly debug: Logger['debug'];
}

/** Lets Nest's own messages into the same JSON lines; what it says at start is for debugging only. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context, code: 'nest' }, String(message));
  }

  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, code: 'nest', stack, ...(message instanceof Error && { err: message }) }, String(message));
  }
}
