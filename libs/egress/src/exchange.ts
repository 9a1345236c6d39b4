// SPDX-License-Identifier: Apache-2.0
// One request and its response on one connection. `sent` turns true when the client takes a connection to write on:
// before that moment nothing can have left, after it nobody knows until a response is complete.
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import { destinationName } from './destination.js';
import { EgressError, isSafe } from './errors.js';
import type { EgressErrorCode } from './errors.js';

/** What is to be sent. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** A response as it came, content not decoded. */
export interface IncomingResponse {
  readonly status: number;
  /** Name and value in turn, as on the wire. */
  readonly rawHeaders: readonly string[];
  readonly content: Buffer;
}

/** What is still accepted of a response. */
export interface ExchangeLimits {
  readonly maxResponseBytes: number;
  /** Called with the head of the response; what it throws ends the exchange. */
  readonly checkHead: (status: number, rawHeaders: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** Sends one request. @throws EgressError */
export function exchange(dispatcher: Dispatcher, request: OutgoingRequest, limits: ExchangeLimits): Promise<IncomingResponse> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler(request, limits, resolve, reject);
    if (limits.signal.aborted) return handler.abandon();
    limits.signal.addEventListener('abort', handler.abandon, { once: true });
    const { url, method, headers, body } = request;
    try {
      dispatcher.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body: body ?? null }, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private settled = false;
  private status = 0;
  private rawHeaders: readonly string[] = [];
  private chunks: Buffer[] = [];
  private received = 0;

  constructor(
    private readonly request: OutgoingRequest,
    private readonly limits: ExchangeLimits,
    private readonly resolve: (response: IncomingResponse) => void,
    private readonly reject: (error: EgressError) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: the client writes nothing after this.
    if (this.settled) controller.abort(new Error('given up before it was sent'));
    else this.controller = controller;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Only the last head counts, after any 1xx.
    this.status = status;
    this.rawHeaders = Array.isArray(controller.rawHeaders) ? controller.rawHeaders.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))) : [];
    this.limits.checkHead(status, this.rawHeaders);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.received += chunk.length;
    if (this.received > this.limits.maxResponseBytes) throw tooLarge(this.request, this.limits.maxResponseBytes, this.status);
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.settle(() => this.resolve({ status: this.status, rawHeaders: this.rawHeaders, content: Buffer.concat(this.chunks) }));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    this.settle(() => this.reject(this.classify(error)));
  }

  /** Ends the exchange when its signal says so, whatever it is doing. */
  readonly abandon = (): void => {
    this.fail(this.limits.signal.reason);
    this.controller?.abort(new Error('given up'));
  };

  private settle(finish: () => void): void {
    if (this.settled) return;
    this.settled = true;
    this.limits.signal.removeEventListener('abort', this.abandon);
    finish();
  }

  private classify(error: unknown): EgressError {
    if (error instanceof EgressError) return error;
    const sent = this.controller !== undefined;
    const { url, method } = this.request;
    const destination = destinationName(url);
    const why = describe(error);
    const make = (code: EgressErrorCode, message: string, retryable: boolean) => new EgressError(code, message, sent, retryable, { destination, ...(this.status > 0 ? { status: this.status } : {}) }, { cause: error });
    const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
    if (this.limits.signal.aborted && !timedOut) return make('request_aborted', `${method} ${destination} was given up by its caller`, !sent);
    if (error instanceof errors.HeadersOverflowError || error instanceof errors.HTTPParserError) return make('response_refused', `${destination} answered with something that is not acceptable HTTP: ${why}`, false);
    if (error instanceof errors.InvalidArgumentError) return make('egress_refused', `${method} ${destination} cannot be sent: ${why}`, false);
    if (!sent) return make('request_not_sent', `${method} ${destination} was not sent: ${why}`, true);
    return make('outcome_unknown', `${method} ${destination} was sent, but no complete response came: ${why}`, isSafe(method));
  }
}

/** The error for content beyond the cap. */
export function tooLarge({ url }: OutgoingRequest, maxBytes: number, status: number): EgressError {
  const destination = destinationName(url);
  return new EgressError('response_too_large', `${destination} answered with more than ${maxBytes} bytes`, true, false, { destination, status, maxResponseBytes: maxBytes });
}

function describe(error: unknown): string {
  // Connecting to several addresses fails with all their errors at once.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
