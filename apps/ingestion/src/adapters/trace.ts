// SPDX-License-Identifier: Apache-2.0
import { context, isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { contextOf, parseTraceparent } from '@nervus/messaging';
import type { Source } from '@nervus/sources';

/**
 * Runs the acceptance of an event under a trace, whose id stands in every log line of it. A sender that proved who it is
 * may have its own trace go on; what a stranger says is only linked to, so that nobody outside chooses the trace id of
 * what others sent.
 * @param given trace that the sender says the event belongs to
 * @param accept gets the W3C traceparent for the signal; undefined where this process traces nothing
 */
export async function traced<T>(source: Source, given: string | undefined, accept: (traceparent: string | undefined) => Promise<T>): Promise<T> {
  const sender = given === undefined ? undefined : parseTraceparent(given);
  const known = 'auth' in source.spec && source.spec.auth.kind !== 'none';
  const span = trace.getTracer('@nervus/ingestion').startSpan(
    `accept ${source.spec.kind}`,
    { kind: SpanKind.SERVER, attributes: { 'nervus.source': source.name }, ...(sender && !known && { links: [{ context: sender }] }) },
    known && sender ? contextOf(given) : ROOT_CONTEXT,
  );
  const spanContext = span.spanContext();
  const traceparent = isSpanContextValid(spanContext) ? `00-${spanContext.traceId}-${spanContext.spanId}-0${spanContext.traceFlags & 1}` : undefined;
  try {
    return await context.with(trace.setSpan(ROOT_CONTEXT, span), () => accept(traceparent));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}
