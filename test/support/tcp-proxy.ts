import { connect, createServer, type Socket } from 'node:net';
import { listenOn } from '../../tools/services/listen-on.ts';

/**
 * What the way to a server is like: `pass` as if there were no proxy; `delay` hands on each piece
 * `delayMs` later; `swallow` takes everything and hands on nothing, open connections included, as a
 * host that has gone silent; `refuse` accepts no connection.
 */
export type ProxyMode = 'pass' | 'delay' | 'swallow' | 'refuse';

/** How to stand in front of a server. */
export interface ProxyOptions {
  /** Where the server listens, on 127.0.0.1. */
  readonly port: number;
  readonly delayMs?: number;
  /** Told what clients send, by connection. */
  readonly onClientData?: (bytes: Buffer, connection: number) => void;
}

/** A proxy on 127.0.0.1 that can be told to fail. */
export interface TcpProxy {
  readonly port: number;
  /** Accepted so far. */
  readonly accepted: number;
  set(mode: ProxyMode): Promise<void>;
  /** Resets every open connection on both sides. */
  cut(): void;
  /**
   * Makes the open connections silent for good, as a router does that has forgotten them; new ones
   * are not affected.
   */
  forget(): void;
  close(): Promise<void>;
}

/** Starts a proxy in mode `pass`. */
export async function startTcpProxy({ port, delayMs = 1_000, onClientData }: ProxyOptions): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  let mode: ProxyMode = 'pass';
  let accepted = 0;

  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  };

  const hand = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => {
      if (mode === 'swallow' || forgotten.has(from)) return;
      if (mode === 'delay') setTimeout(() => to.writable && to.write(bytes), delayMs);
      else to.write(bytes);
    });
    // What is swallowed includes the news that a connection has ended.
    from.on('close', () => mode === 'swallow' || forgotten.has(from) || to.destroy());
  };

  const server = createServer((client) => {
    accepted += 1;
    const connection = accepted;
    const upstream = connect(port, '127.0.0.1');
    keep(client);
    keep(upstream);
    client.on('data', (bytes) => onClientData?.(bytes, connection));
    hand(client, upstream);
    hand(upstream, client);
  });
  const own = await listenOn(server);

  return {
    port: own,
    get accepted() {
      return accepted;
    },
    async set(wanted) {
      if (mode === 'refuse' && wanted !== 'refuse') await listenOn(server, own);
      if (mode !== 'refuse' && wanted === 'refuse') {
        server.close();
        for (const socket of open) socket.resetAndDestroy();
      }
      mode = wanted;
    },
    cut() {
      for (const socket of open) socket.resetAndDestroy();
    },
    forget() {
      for (const socket of open) forgotten.add(socket);
    },
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
