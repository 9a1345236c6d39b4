// SPDX-License-Identifier: Apache-2.0
import { type Context, ROOT_CONTEXT, type SpanContext, type Tracer, context, isSpanContextValid, trace } from '@opentelemetry/api';

/** Spans of the engine; does nothing until a service registers a provider. */
export const tracer = (): Tracer => trace.getTracer('@nervus/messaging');

const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Reads a W3C traceparent (version 00); undefined for anything else, such as ids of zeroes only. */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = form.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(parent) ? parent : undefined;
}

/** The context under which a span becomes a child of a traceparent; the root context when there is none. */
export function contextOf(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/** The traceparent of the active span, if there is one. */
export function activeTraceparent(): string | undefined {
  const active = trace.getSpanContext(context.active());
  return active && isSpanContextValid(active) ? `00-${active.traceId}-${active.spanId}-0${active.traceFlags & 1}` : undefined;
}
