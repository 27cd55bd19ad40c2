import { connect, createServer, type Socket } from 'node:net';
import { closeServer, listenOn } from '../services/listen-on.ts';
import type { Context } from './context.ts';

/** Each request of the client is a step: start-up, password, statement. Delays are scaled. */
const STEP = {
  'cut before': [0.02],
  'cut after': [0.02],
  silence: [0.015],
  slow: [0.043, 2_000],
  'crash before': [0.001],
  'crash after': [0.001],
} as const;

/** Starts a TCP proxy in front of PostgreSQL, on a free port of 127.0.0.1. */
export async function startDatabaseProxy({ faults, options, crash }: Context) {
  const url = new URL(options.postgres.readerUrl);
  const targetPort = Number(url.port);
  const clients = new Set<Socket>();
  let steps = 0;

  const server = createServer((client) => {
    if (faults.outages.get('database') === 'refusing') {
      faults.record('database', 'outage: refusing');
      client.destroy();
      return;
    }
    const database = connect(targetPort, '127.0.0.1');
    clients.add(client);
    client
      .on('error', () => {})
      .on('close', () => {
        clients.delete(client);
        database.destroy();
      });
    database.on('error', () => {}).on('close', () => client.destroy());
    let cutOnAnswer = false;
    database.on('data', (bytes) => {
      if (cutOnAnswer) client.destroy();
      else client.write(bytes);
    });
    client.on('data', (bytes) => {
      steps += 1;
      const { kind, delayMs } = faults.draw('database', String(steps), STEP);
      const forward = (): unknown => database.writable && database.write(bytes);
      if (kind === 'silence' || kind === 'silent') return;
      if (kind === 'slow') return void setTimeout(forward, delayMs * options.scale);
      if (kind === 'cut before') return void client.destroy();
      if (kind === 'cut after') cutOnAnswer = true;
      if (kind !== 'crash before') forward();
      if (kind === 'crash before' || kind === 'crash after') crash.lead();
    });
  });
  url.port = String(await listenOn(server));

  const cut = (): void => {
    for (const client of clients) client.destroy();
  };
  return {
    /** As the URL that it stands in front of. */
    url: url.href,
    /** Cuts every connection, as a failover does, or a crash of the function. */
    cut,
    close(): Promise<void> {
      cut();
      return closeServer(server);
    },
  };
}
