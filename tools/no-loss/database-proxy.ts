import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Fault } from './faults.ts';
import type { Service } from './grpc-faults.ts';
import type { DatabaseOutage } from './outages.ts';

/** A TCP proxy in front of PostgreSQL. */
export interface DatabaseProxy {
  /** As the URL that it stands in front of. */
  readonly url: string;
  /** Cuts every connection, as a failover does. */
  cut(): void;
  close(): Promise<void>;
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
export async function startDatabaseProxy(databaseUrl: string, service: Service): Promise<DatabaseProxy> {
  const { faults, outages, scale, crash } = service;
  const url = new URL(databaseUrl);
  const targetPort = Number(url.port);
  const sockets = new Set<Socket>();
  let steps = 0;

  const server = createServer((client) => {
    if (outages.database === 'refusing') {
      faults.record('database', 'outage: refusing');
      client.destroy();
      return;
    }
    const database = connect(targetPort, '127.0.0.1');
    closeWith(client, database);
    closeWith(database, client);
    let cutOnAnswer = false;
    database.on('data', (bytes) => {
      if (cutOnAnswer) client.destroy();
      else client.write(bytes);
    });
    client.on('data', (bytes) => {
      const fault = nextFault();
      switch (fault?.kind) {
        case 'silence':
        case 'silent':
          return;
        case 'slow':
          setTimeout(() => database.writable && database.write(bytes), fault.amount * SLOW_MS * scale);
          return;
        case 'cut before':
          client.destroy();
          return;
        case 'crash before':
          crash();
          cut();
          return;
        case 'cut after':
          cutOnAnswer = true;
      }
      database.write(bytes);
      if (fault?.kind === 'crash after') {
        crash();
        cut();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function nextFault(): Fault<keyof typeof STEP | DatabaseOutage> | undefined {
    const outage = outages.database;
    steps += 1;
    // What is connected already is not refused.
    if (outage === undefined || outage === 'refusing') return faults.draw('database', String(steps), STEP);
    faults.meetOutage('database', outage);
    return { kind: outage, amount: 1 };
  }

  function closeWith(socket: Socket, peer: Socket): void {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      peer.destroy();
    });
  }

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
