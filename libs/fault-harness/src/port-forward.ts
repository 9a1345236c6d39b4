// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Carries connections from one address of this machine to another, byte for byte. */
export class PortForward {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly to: Address,
  ) {}

  static async open(from: Address, to: Address): Promise<PortForward> {
    const server = createServer({ allowHalfOpen: true });
    const forward = new PortForward(server, to);
    server.on('connection', (socket) => forward.carry(socket));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(from.port, from.host, () => resolve()));
    return forward;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private carry(incoming: Socket): void {
    const outgoing = connect({ ...this.to, allowHalfOpen: true });
    for (const [one, other] of [[incoming, outgoing], [outgoing, incoming]] as const) {
      this.sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
