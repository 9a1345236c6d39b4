// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, SignalAccepted } from '@nervus/contracts';
import { context, trace as traces } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventOf } from '../event-factory.js';
import { PermanentError } from '../errors.js';
import type { OutgoingEvent } from '../event.js';
import { inHand, published, scripted } from '../testing/deliveries.js';
import { SigningWorld } from '../testing/signing-world.js';
import { decodeRecord } from './decode.js';
import type { Believed } from './step.js';
import { trace } from './trace.js';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const traceId = '0af7651916cd43dd8448eb211c80319c';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  traces.setGlobalTracerProvider(provider);
});
beforeEach(() => exporter.reset());
afterAll(async () => {
  await provider.shutdown();
  traces.disable();
  context.disable();
});

async function delivered(world: SigningWorld) {
  const record = await published(world, 'ingestion', SignalAccepted, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  return { ...inHand(record), received: decodeRecord(record, world.verifier.verify(record) as Believed) };
}

const consumerSpans = () => exporter.getFinishedSpans().filter(({ name }) => name.startsWith('process'));

describe('trace', () => {
  it('the span is a child of the one that the producer signed', async () => {
    await trace('g')(scripted())(await delivered(new SigningWorld()));
    const [span] = consumerSpans();
    expect(span!.spanContext().traceId).toBe(traceId);
    expect(span!.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(span!.attributes).toMatchObject({ 'messaging.consumer.group.name': 'g', 'messaging.destination.name': 'test.nervus.ingestion.signals.v1', 'cloudevents.event_type': SignalAccepted.type });
  });

  it('what a handler makes is of the same trace, under its own span', async () => {
    const world = new SigningWorld();
    const delivery = await delivered(world);
    let made: OutgoingEvent | undefined;
    await trace('g')(async ({ received }) => {
      await Promise.resolve();
      made = eventOf(DecisionMade, { key: 'k', data: DecisionMade.examples.at(0)!, cause: received!, purpose: 'p' }, world.clock);
    })(delivery);
    expect(made!.traceparent).toBe(`00-${traceId}-${consumerSpans().at(0)!.spanContext().spanId}-01`);
  });

  it('a failure stands in the span with its code and goes on', async () => {
    const error = new PermanentError('not_allowed', 'no');
    await expect(trace('g')(scripted(error))(await delivered(new SigningWorld()))).rejects.toBe(error);
    expect(consumerSpans().at(0)!.status.message).toBe('not_allowed');
  });

  it.each(['garbage', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `ff-${traceId}-b7ad6b7169203331-01`])('a traceparent that is none (%s) begins a new trace instead of failing', async (traceparent) => {
    const delivery = await delivered(new SigningWorld());
    await trace('g')(scripted())({ ...delivery, received: { ...delivery.received, traceparent } });
    expect(consumerSpans().at(0)!.parentSpanContext).toBeUndefined();
  });
});
