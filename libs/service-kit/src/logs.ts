// SPDX-License-Identifier: Apache-2.0
import { context, trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/** Never written to a log, wherever they stand in an object. */
const secrets = ['authorization', 'cookie', 'password', 'secret', 'token', 'jwe', 'evidence', 'dpop'];

/** JSON lines with the service, and the trace id of the record in hand. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...secrets, ...secrets.map((name) => `*.${name}`)], censor: '[redacted]' },
      mixin: () => {
        const span = trace.getSpanContext(context.active());
        return span ? { traceId: span.traceId, spanId: span.spanId } : {};
      },
    },
    ...(destination ? [destination] : []),
  );
}
