// SPDX-License-Identifier: Apache-2.0
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { contextOf, parseTraceparent } from '@nervus/messaging';
import type { Source } from '../domain/source-manifest.js';

/** The span under which one event is accepted. */
export interface AcceptSpan {
  /** W3C traceparent of it, for the signal. */
  readonly traceparent: string;
  end(): void;
}

/**
 * Starts the trace of an event. A sender that proved who it is may have its own trace go on; what a stranger says is
 * only linked to, so that nobody outside chooses the trace id of what others sent.
 */
export function startTrace(source: Source, given: string | undefined): AcceptSpan {
  const sender = given === undefined ? undefined : parseTraceparent(given);
  const known = 'auth' in source.spec && source.spec.auth.kind !== 'none';
  const span = trace.getTracer('@nervus/ingestion').startSpan(
    `accept ${source.spec.kind}`,
    { kind: SpanKind.SERVER, attributes: { 'nervus.source': source.name }, ...(sender && !known && { links: [{ context: sender }] }) },
    known && sender ? contextOf(given) : ROOT_CONTEXT,
  );
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`, end: () => span.end() };
}
