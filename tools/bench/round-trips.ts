import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { INSTANCE_PORT, letIamUserIn, startCloudSqlServer } from '../services/google-cloud/cloud-sql.ts';
import { startGoogleCloud } from '../services/google-cloud/google-apis.ts';
import { coldStarts } from './cold-start.ts';
import { type Subject, withEnv } from './process.ts';
import { type Section, say, table } from './report.ts';
import type { System } from './system.ts';

/** The two distances compared: what differs between them is round trips, and nothing that the machine does. */
const [NEAR_MS, FAR_MS] = [10, 60];
const TRIES = 5;
const IAM_USER = 'incident-lead@p.iam';
/** Where the distant servers listen; the real ones have other addresses of loopback. */
const FAR_ADDRESS = '127.50.50.50';
/** The servers of the other measurements are not used. */
const NO_LOCAL_SERVERS = { PUBSUB_EMULATOR_HOST: '', SECRET_MANAGER_EMULATOR_HOST: '', DATABASE_URL: '' };

/** Milliseconds that each piece is under way to a server and back together. */
let roundTripMs = NEAR_MS;

/**
 * Counts the round trips in a row from the start of an instance to its first 204: TLS, credentials
 * from a metadata server (which is on the same host, and costs none) and names of Google's, against
 * servers that are far away. From here on, PostgreSQL lets in whom Cloud SQL would, and nobody else.
 */
export async function measureRoundTrips({ webhook, webhookStored, lead, ownerUrl }: System): Promise<Section> {
  await using closing = new AsyncDisposableStack();
  const google = closing.adopt(await startGoogleCloud(), (cloud) => cloud.close());
  const cloudSql = closing.adopt(await startCloudSqlServer(Number(new URL(ownerUrl).port)), (server) => server.close());
  await letIamUserIn(ownerUrl, IAM_USER);
  const farProxy = async (env: Readonly<Record<string, string>>): Promise<Record<string, string>> => {
    const { port, hostname } = new URL(env['HTTPS_PROXY'] ?? '');
    const far = closing.adopt(await moveAway(Number(port), hostname, 0), (server) => void server.close());
    const url = `http://${FAR_ADDRESS}:${(far.address() as AddressInfo).port}`;
    return { ...env, ...NO_LOCAL_SERVERS, HTTPS_PROXY: url, ...(env['grpc_proxy'] && { grpc_proxy: url }) };
  };
  const [toGoogle, toAdminApi] = [await farProxy(google.env), await farProxy(cloudSql.env)];
  const instance = await moveAway(INSTANCE_PORT, cloudSql.host, INSTANCE_PORT);
  closing.defer(() => void instance.close());
  cloudSql.address = FAR_ADDRESS;
  const database = { CLOUD_SQL_INSTANCE: cloudSql.instance, DB_USER: IAM_USER, DB_NAME: 'postgres' };

  const figures = [
    await count(withEnv(webhook, toGoogle), 'Pub/Sub: connection, TLS, HTTP/2 settings, publish'),
    await count(
      withEnv(webhookStored, toGoogle),
      'Secret Manager: connection, TLS, HTTP/2 settings, list, versions (all at once), while Pub/Sub is connected to; publish',
    ),
    await count(
      { ...withEnv(lead, { ...toAdminApi, ...database }), name: 'lead, Cloud SQL' },
      'Admin API: connection, TLS, instance, certificate; instance: connection, TLS, login; look-up. The rest is the time to make an RSA key, which varies',
    ),
  ];
  const rows = figures.map(({ name, roundTrips, reasons }) => [name, roundTrips.toFixed(1), reasons]);
  return { text: table(['round trips in a row to the first 204', 'count', 'which'], rows), figures };
}

/** @param reasons why each round trip is there, in their order; those beside each other count once */
async function count(subject: Subject, reasons: string) {
  const [nearMs, farMs] = [await leastMs(subject, NEAR_MS), await leastMs(subject, FAR_MS)];
  return { name: subject.name, roundTrips: (farMs - nearMs) / (FAR_MS - NEAR_MS), reasons };
}

async function leastMs(subject: Subject, distanceMs: number): Promise<number> {
  say(`round trips: ${subject.name}, ${distanceMs} ms away`);
  roundTripMs = distanceMs;
  const [starts = []] = (await coldStarts([subject], TRIES)).values();
  return Math.min(...starts.map(({ wallMs }) => wallMs));
}

/** Puts a server far away: it is reached there on `farPort`, or on a free port where that is 0. */
async function moveAway(port: number, host: string, farPort: number): Promise<Server> {
  const forward = (from: Socket, to: Socket, readyAtMs: number): void => {
    const later = (act: () => void): void => {
      setTimeout(act, Math.max(0, readyAtMs - performance.now()) + roundTripMs / 2);
    };
    from.setNoDelay().on('error', () => to.destroy());
    from.on('data', (bytes) => later(() => to.write(bytes))).on('close', () => later(() => to.destroy()));
  };
  const server = createServer((client) => {
    const upstream = connect(port, host);
    // TCP's handshake takes a round trip too. Where a proxy is asked to connect, that stands for it.
    forward(client, upstream, performance.now() + (farPort === INSTANCE_PORT ? roundTripMs : 0));
    forward(upstream, client, 0);
  });
  server.listen(farPort, FAR_ADDRESS);
  await once(server, 'listening');
  return server;
}
