import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { InjectFault } from './fault-injector.ts';
import type { Rng } from './rng.ts';
import type { Tally } from './tally.ts';

/** The database as a whole, apart from single faults; undefined while it works. */
export type DatabaseOutage = 'refusing' | 'silent' | 'slow' | undefined;

/** A TCP proxy in front of PostgreSQL. */
export interface DatabaseProxy {
  readonly port: number;
  outage: DatabaseOutage;
  /** Cuts every connection, as a failover does. */
  cut(): void;
  close(): Promise<void>;
}

/** What a proxy needs. */
export interface ProxyOptions {
  readonly targetPort: number;
  readonly rng: Rng;
  readonly injectFault: InjectFault;
  readonly tally: Tally;
  /** Factor on delays. */
  readonly scale: number;
  /** Ends the function that is connected. */
  readonly crash: () => void;
}

/** Each request of the client is a step: start-up, password, statement. */
const STEP = {
  'cut before': 0.02,
  'cut after': 0.02,
  silence: 0.015,
  slow: 0.043,
  'crash before': 0.001,
  'crash after': 0.001,
};
const SLOW_MS = 2_000;

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startDatabaseProxy(options: ProxyOptions): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  let steps = 0;

  const server = createServer((client) => {
    if (proxy.outage === 'refusing') {
      options.tally.injected('database', 'outage: refusing');
      client.destroy();
      return;
    }
    const database = connect(options.targetPort, '127.0.0.1');
    for (const [socket, peer] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        peer.destroy();
      });
    }
    let cutOnAnswer = false;
    client.on('data', (bytes) => {
      steps += 1;
      const { forward, delayMs, cutAfter } = step(steps);
      cutOnAnswer ||= cutAfter;
      if (!forward) return;
      if (delayMs === 0) database.write(bytes);
      else setTimeout(() => database.writable && database.write(bytes), delayMs);
    });
    database.on('data', (bytes) => {
      if (cutOnAnswer) client.destroy();
      else client.write(bytes);
    });

    function step(number: number): { forward: boolean; delayMs: number; cutAfter: boolean } {
      const { tally, rng, injectFault, scale, crash } = options;
      tally.step('database');
      const pass = { forward: true, delayMs: 0, cutAfter: false };
      if (proxy.outage !== undefined) {
        tally.injected('database', `outage: ${proxy.outage}`);
        if (proxy.outage === 'silent') return { ...pass, forward: false };
        if (proxy.outage === 'slow') return { ...pass, delayMs: SLOW_MS * scale };
      }
      const fault = injectFault(`database/${number}`, STEP);
      if (fault === undefined) return pass;
      tally.injected('database', fault);
      switch (fault) {
        case 'cut before':
          client.destroy();
          return { ...pass, forward: false };
        case 'cut after':
          return { ...pass, cutAfter: true };
        case 'silence':
          return { ...pass, forward: false };
        case 'slow':
          return { ...pass, delayMs: rng(`slow/${number}`) * SLOW_MS * scale };
        case 'crash before':
          crash();
          client.destroy();
          return { ...pass, forward: false };
        case 'crash after':
          crash();
          return { ...pass, cutAfter: true };
      }
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: DatabaseProxy = {
    port: (server.address() as AddressInfo).port,
    outage: undefined,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
