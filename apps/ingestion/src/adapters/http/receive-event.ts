// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { rootId } from '@nervus/contracts';
import { PermanentError, TimedOutError, UnavailableError, within } from '@nervus/messaging';
import { ServiceClock } from '@nervus/service-kit';
import { JsonError, parseStrictJson } from '@nervus/trust';
import { Injectable } from '@nestjs/common';
import { bodyBounds, contentModeOf, type Inbound, inboundOf, Refusal, sourceKey, verifyStandardWebhook } from '@nervus/sources';
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
  async receive({ request, response, source }: Call): Promise<Acceptance> {
    if (request.method !== 'POST') throw new Refusal(405, 'method_not_allowed', 'Events are sent by POST.');
    const header = headersOf(request);
    const mode = contentModeOf(source.spec.kind, header('content-type'), header('content-encoding'));
    const { bodyBytes } = this.limits;
    const announced = header('content-length');
    if (announced !== undefined && Number(announced) > bodyBytes) throw tooLarge(bodyBytes);
    this.rates.take(source, this.clock.now());
    const place = this.room.enter(sourceKey(source), announced === undefined ? bodyBytes : Number(announced), this.clock.now());
    let inbound: Inbound;
    try {
      if (request.headers.expect !== undefined) response.writeContinue();
      const body = await readBody(request, bodyBytes, this.limits.bodyMs, this.clock);
      place.hasBytes(body.length);
      this.checkSender(source, header, body);
      inbound = inboundOf({ source, mode, header, body, parsed: parsedBody(body, source, mode) }, () => rootId(this.clock.now()));
    } catch (error) {
      place.leave();
      throw error;
    }
    return this.acknowledged(source, inbound, place);
  }

  private checkSender({ spec }: OpenSource, header: (name: string) => string | undefined, body: Buffer): void {
    if (spec.auth.kind === 'none') return;
    const given = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature') };
    verifyStandardWebhook(given, body, this.secrets.of(spec.auth.secretFiles), this.clock.now());
  }

  /** The place is kept until the signal is acknowledged or given up, also when the sender waits no longer. */
  private async acknowledged(source: OpenSource, { event, traceparent }: Inbound, place: Place): Promise<Acceptance> {
    place.pendingSince(this.clock.now());
    const accepted = this.acceptEvent.accept(source, event, traceparent).finally(() => place.leave());
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

/** @throws Refusal 400 with the place of the first fault */
function parsedBody(body: Buffer, { spec }: OpenSource, mode: 'json' | 'structured'): unknown {
  // A CloudEvent in binary mode may have no data.
  if (body.length === 0 && spec.kind === 'cloudevents' && mode === 'json') return null;
  try {
    return parseStrictJson(body, { ...bodyBounds, bigIntegers: 'text' });
  } catch (error) {
    if (error instanceof JsonError) throw new Refusal(400, 'json_invalid', `The body is not JSON as it is taken here: ${error.message}.`);
    throw error;
  }
}
