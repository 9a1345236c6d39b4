// SPDX-License-Identifier: Apache-2.0
import type { Received } from '@nervus/messaging';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

/** Hands one record to the use-case that declared its type; rejects with what the use-case threw. */
export type Handler = (event: Received<unknown>) => Promise<void>;

/** What the transport drives: it begins when Nest listens and ends when Nest closes. */
export interface TransportDriver {
  start(handlers: ReadonlyMap<string, Handler>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Binds Nest's event handlers, with their pipes, guards and interceptors, to the messaging engine. It holds no
 * consumer itself: the driver does, so that this class stays the thin seam between the two.
 */
export class NervusTransport extends Server implements CustomTransportStrategy {
  /** The engine decides on retry and dead letter, so errors must reach it. */
  override readonly propagatesEventHandlerErrors = true;

  constructor(private readonly driver: TransportDriver) {
    super();
  }

  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    const name = String(pattern);
    if (!isEventHandler) throw new TypeError(`${name}: request-reply handlers do not exist between services; declare the handler with @On(topic, Type)`);
    if (this.messageHandlers.has(name)) throw new TypeError(`${name} has two handlers in this service: one use-case handles one record type`);
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  override listen(callback: (error?: unknown) => void): void {
    const handlers = new Map([...this.messageHandlers].map(([name, handler]) => [name, handlerOf(handler)] as const));
    this.driver.start(handlers).then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  override async close(): Promise<void> {
    await this.driver.stop();
  }

  override on(): never {
    throw new TypeError('the Nervus transport emits no events of its own; look at the metrics');
  }

  override unwrap<T>(): T {
    return this.driver as T;
  }
}

function handlerOf(handler: MessageHandler): Handler {
  return async (event) => {
    const result: unknown = await handler(event);
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  };
}
