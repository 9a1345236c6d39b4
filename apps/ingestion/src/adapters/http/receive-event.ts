// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { rootId } from '@nervus/contracts';
import { PermanentError, TimedOutError, UnavailableError, within } from '@nervus/messaging';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { checkSignature, contentModeOf, type Delivery, deliveryOf, type EmptyAnswer, optionsAnswer, Refusal, type Signal, signalOf, sourceKey } from '@nervus/sources';
import { type OpenSource, Rates, sourceAt } from '../../domain/door.js';
import { type Place, Room } from '../../domain/room.js';
import { Sources } from '../../domain/sources.js';
import { AcceptEvent, type Acceptance } from '../../use-cases/accept-event.js';
import { SecretFiles } from '../secret-files.js';
import { headersOf } from './headers.js';
import { readBody, tooLarge } from './read-body.js';

/** Bounds of the edge. */
export class EdgeLimits {
  constructor(
    readonly bodyBytes: number,
    readonly bodyMs: number,
    readonly acknowledgeMs: number,
  ) {}
}

/** A request and where it was sent to. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly source: OpenSource;
}

/** What is answered where nothing is refused. */
export type Answer =
  | { readonly kind: 'accepted'; readonly body: Acceptance | { readonly events: readonly Acceptance[] } }
  | { readonly kind: 'challenge'; readonly challenge: string }
  | ({ readonly kind: 'empty' } & EmptyAnswer);

/** One request to a source, from its headers to the acknowledgement of its signal. Cheap checks come before costly ones. */
@Injectable()
export class ReceiveEvent {
  private readonly rates = new Rates();

  constructor(
    private readonly sources: Sources,
    private readonly secrets: SecretFiles,
    private readonly room: Room,
    private readonly acceptEvent: AcceptEvent,
    private readonly clock: ServiceClock,
    private readonly limits: EdgeLimits,
  ) {}

  /** @throws Refusal 404, the same for everything that is not there */
  sourceAt(tenant: string, name: string, pathToken: string | undefined): OpenSource {
    return sourceAt(this.sources, { tenant, name, pathToken });
  }

  /** @throws Refusal with the status to answer; SenderGone */
  async receive({ request, response, source }: Call): Promise<Answer> {
    const header = headersOf(request);
    if (request.method === 'OPTIONS') return { kind: 'empty', ...optionsAnswer(source, header) };
    if (request.method !== 'POST') throw new Refusal(405, 'method_not_allowed', 'Events are sent by POST.');
    if (this.sources.isPaused(source)) throw new Refusal(503, 'source_paused', 'This source was paused by its operators: nothing is taken until it goes on. Send this event again later.', 10);
    const mode = contentModeOf(source.spec, header('content-type'), header('content-encoding'));
    const { bodyBytes } = this.limits;
    const announced = header('content-length');
    if (announced !== undefined && Number(announced) > bodyBytes) throw tooLarge(bodyBytes);
    this.rates.take(source, this.clock.now());
    const place = this.room.enter(sourceKey(source), announced === undefined ? bodyBytes : Number(announced), this.clock.now());
    let delivery: Delivery;
    let signals: readonly TracedSignal[];
    try {
      if (request.headers.expect !== undefined) response.writeContinue();
      const body = await readBody(request, bodyBytes, this.limits.bodyMs, this.clock);
      place.hasBytes(body.length);
      const { auth } = source.spec;
      if (auth.kind !== 'none') checkSignature(auth, { header, body }, this.secrets.of(auth), this.clock.now());
      delivery = deliveryOf({ source, mode, header, body }, () => rootId(this.clock.now()));
      signals = this.signalsOf(source, delivery, place);
    } catch (error) {
      place.leave();
      throw error;
    }
    const acceptances = await this.acknowledged(source, signals, place);
    if (delivery.kind === 'challenge') return delivery;
    const [first] = acceptances;
    return { kind: 'accepted', body: delivery.kind === 'event' && first ? first : { events: acceptances } };
  }

  /** Every signal of a batch is made, and has its room, before the first is published. */
  private signalsOf(source: OpenSource, delivery: Delivery, place: Place): readonly TracedSignal[] {
    const inbounds = delivery.kind === 'batch' ? delivery.inbounds : delivery.kind === 'event' ? [delivery.inbound] : [];
    if (inbounds.length > 1) this.rates.take(source, this.clock.now(), inbounds.length - 1);
    place.holdsEvents(inbounds.length);
    return inbounds.map(({ event, traceparent }) => ({ signal: signalOf(source, event), hops: event.hops, traceparent }));
  }

  /** The place is kept until all are acknowledged or given up, also when the sender waits no longer. */
  private async acknowledged(source: OpenSource, signals: readonly TracedSignal[], place: Place): Promise<readonly Acceptance[]> {
    place.pendingSince(this.clock.now());
    const accepted = allOf(signals.map(({ signal, hops, traceparent }) => this.acceptEvent.publish(source, signal, hops, traceparent))).finally(() => place.leave());
    try {
      return await within(accepted, this.limits.acknowledgeMs, this.clock, 'the acknowledgement by Kafka');
    } catch (error) {
      if (error instanceof TimedOutError) throw new Refusal(503, 'not_acknowledged', 'Kafka has not acknowledged this event in time. Send it again: it is recognised when it was taken after all.', 5);
      if (error instanceof UnavailableError) throw new Refusal(503, error.code, 'What is needed to accept this event is away. Send it again later.', 5);
      if (error instanceof PermanentError) throw new Refusal(400, 'event_invalid', `No signal can be made of this event: ${error.message}`);
      throw error;
    }
  }
}

/** What one event becomes, with what is said of its way here. */
interface TracedSignal {
  readonly signal: Signal;
  readonly hops: number | undefined;
  readonly traceparent: string | undefined;
}

/** As `Promise.all`, but settles only when all did: a rejection must not hide that others are still on their way. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  if (promises.length === 1) return Promise.all(promises);
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
