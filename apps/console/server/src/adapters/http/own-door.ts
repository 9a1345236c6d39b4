// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo, Server } from 'node:net';
import { HttpAdapterHost } from '@nestjs/core';
import { Door } from '../../domain/door.js';

/** The door of this process: its port is known once the server listens. */
export class OwnDoor {
  private known: Door | undefined;

  constructor(
    private readonly origin: string,
    private readonly host: HttpAdapterHost,
  ) {}

  get door(): Door {
    this.known ??= new Door(this.origin, this.port());
    return this.known;
  }

  private port(): number {
    const server: Server = this.host.httpAdapter.getHttpServer();
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === 'string') throw new Error('the console does not listen yet');
    return address.port;
  }
}
