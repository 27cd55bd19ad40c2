import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A server's place far away. */
export interface Distant {
  readonly port: number;
  close(): Promise<void>;
}

/** Where it is to be found, and where it really is. */
export interface DistantOptions {
  readonly target: { readonly port: number; readonly host?: string };
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: { readonly port: number; readonly host: string };
  /** Milliseconds that each piece is under way, there and back together. */
  readonly roundTripMs: number;
  /**
   * Whether to open a connection takes a round trip too, as TCP's handshake does; where a proxy is
   * asked first, that stands for it.
   */
  readonly handshake: boolean;
}

/** Puts a server on this machine as far away as a round trip is long. */
export async function moveAway({ target, listen, roundTripMs, handshake }: DistantOptions): Promise<Distant> {
  const sockets = new Set<Socket>();
  const forward = (from: Socket, to: Socket, readyAt: number): void => {
    sockets.add(from.setNoDelay().on('error', () => to.destroy()));
    const later = (act: () => void): void => {
      setTimeout(act, Math.max(0, readyAt - performance.now()) + roundTripMs / 2);
    };
    from.on('data', (bytes) => later(() => to.write(bytes))).on('close', () => later(() => to.destroy()));
  };
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host ?? '127.0.0.1');
    forward(client, upstream, performance.now() + (handshake ? roundTripMs : 0));
    forward(upstream, client, 0);
  });
  server.listen(listen?.port ?? 0, listen?.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
