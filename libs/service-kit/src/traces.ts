// SPDX-License-Identifier: Apache-2.0
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, BatchSpanProcessor, ParentBasedSampler, AlwaysOnSampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** What stops the tracing of a process. */
export interface Tracing {
  close(): Promise<void>;
}

/**
 * Starts tracing. Without an endpoint nothing is recorded or sent, but every record still runs under the trace id of
 * its signed `ce_traceparent`, so logs and records of one event carry one id.
 */
export async function startTracing(service: string, otlpEndpoint: string): Promise<Tracing> {
  const processors = otlpEndpoint === '' ? [] : [await exportTo(otlpEndpoint)];
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `nervus-${service}` }),
    sampler: processors.length > 0 ? new ParentBasedSampler({ root: new AlwaysOnSampler() }) : new AlwaysOffSampler(),
    spanProcessors: processors,
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return {
    close: async () => {
      await provider.shutdown();
      trace.disable();
      context.disable();
    },
  };
}

/** The exporter is loaded only where traces are sent: it costs some megabytes. */
async function exportTo(endpoint: string): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }) });
}
