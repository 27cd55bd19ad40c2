import { connect, createServer, type Server, type Socket } from 'node:net';
import { INSTANCE_PORT, letIamUserIn, startCloudSqlServer } from '../services/google-cloud/cloud-sql.ts';
import { type GoogleCloud, startGoogleCloud } from '../services/google-cloud/google-apis.ts';
import { closeServer, listenOn } from '../services/listen-on.ts';
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
  const farProxy = async ({ env }: Pick<GoogleCloud, 'env'>): Promise<Record<string, string>> => {
    const { port, hostname } = new URL(env.HTTPS_PROXY);
    const far = closing.adopt(farServer(Number(port), hostname, false), closeServer);
    const url = `http://${FAR_ADDRESS}:${await listenOn(far, 0, FAR_ADDRESS)}`;
    return { ...env, ...NO_LOCAL_SERVERS, HTTPS_PROXY: url, grpc_proxy: url };
  };
  const [toGoogle, toAdminApi] = [await farProxy(google), await farProxy(cloudSql)];
  const instance = closing.adopt(farServer(INSTANCE_PORT, cloudSql.host, true), closeServer);
  await listenOn(instance, INSTANCE_PORT, FAR_ADDRESS);
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
  const startsOf = await coldStarts([subject], TRIES);
  return Math.min(...startsOf(subject).map(({ wallMs }) => wallMs));
}

/**
 * Takes the place of a server that is far away.
 * @param handshake TCP's takes a round trip too. Where a proxy is asked to connect, that stands for it.
 */
function farServer(port: number, host: string, handshake: boolean): Server {
  const forward = (from: Socket, to: Socket, readyAtMs: number): void => {
    const later = (act: () => void): void => {
      setTimeout(act, Math.max(0, readyAtMs - performance.now()) + roundTripMs / 2);
    };
    from.setNoDelay().on('error', () => to.destroy());
    from.on('data', (bytes) => later(() => to.write(bytes))).on('close', () => later(() => to.destroy()));
  };
  return createServer((client) => {
    const upstream = connect(port, host);
    forward(client, upstream, performance.now() + (handshake ? roundTripMs : 0));
    forward(upstream, client, 0);
  });
}
