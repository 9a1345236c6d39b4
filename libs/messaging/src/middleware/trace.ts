// SPDX-License-Identifier: Apache-2.0
import { SpanKind, SpanStatusCode, context, trace as traces } from '@opentelemetry/api';
import { asError, codeOf } from '../errors.js';
import { processAttributes } from '../semantic-conventions.js';
import { contextOf, tracer } from '../tracing.js';
import type { Middleware } from './step.js';

/** One consumer span per handled record, child of the span that its producer signed; all attempts are inside it. */
export const trace =
  (groupId: string): Middleware =>
  (next) =>
  async (delivery) => {
    const { received } = delivery;
    if (!received) return next(delivery);
    const parent = contextOf(received.traceparent);
    const span = tracer().startSpan(`process ${received.topic}`, { kind: SpanKind.CONSUMER }, parent);
    if (span.isRecording()) span.setAttributes(processAttributes(received, groupId));
    try {
      await context.with(traces.setSpan(parent, span), () => next(delivery));
    } catch (error) {
      span.recordException(asError(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) });
      throw error;
    } finally {
      span.end();
    }
  };
