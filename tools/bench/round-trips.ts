import { INSTANCE_PORT, letIamUserIn, startCloudSqlServer } from '../services/google-cloud/cloud-sql.ts';
import { startGoogleCloud } from '../services/google-cloud/google-apis.ts';
import type { Backends } from './backends.ts';
import { type Distant, moveAway } from './distant.ts';
import { type Section, table } from './report.ts';
import { lead, type Subject, start, webhook } from './subjects.ts';

/** The two distances compared: what differs between them is round trips, and nothing that the machine does. */
const [NEAR_MS, FAR_MS] = [10, 60];
const TRIES = 5;
const IAM_USER = 'incident-lead@p.iam';
/** Where the instance is named; it listens at another of the addresses of loopback. */
const INSTANCE_ADDRESS = '127.50.50.50';

/** Why each round trip is there, in their order; those beside each other count once. */
const REASONS: Readonly<Record<string, string>> = {
  'webhook, secret literal': 'Pub/Sub: connection, TLS, HTTP/2 settings, publish',
  'webhook, Secret Manager':
    'Secret Manager: connection, TLS, HTTP/2 settings, list, versions (all at once), while Pub/Sub is connected to; publish',
  'lead, Cloud SQL':
    'Admin API: connection, TLS, instance, certificate; instance: connection, TLS, login; look-up. The rest is the time to make an RSA key, which varies',
};

/** Subjects as in production, whose every server but the metadata server is `roundTripMs` away. */
type Distances = (roundTripMs: number) => Promise<Distant & { readonly subject: Subject }>;

/**
 * Counts the round trips in a row from the start of an instance to its first 204: TLS, credentials
 * from a metadata server (which is on the same host, and costs none) and names of Google's, against
 * servers that are far away.
 */
export async function measureRoundTrips(
  [webhookFolder = '', leadFolder = '']: readonly string[],
  backends: Backends,
  say: (text: string) => void,
): Promise<Section> {
  const google = await startGoogleCloud();
  const cloudSql = await startCloudSqlServer(Number(new URL(backends.ownerUrl).port));
  await letIamUserIn(backends.ownerUrl, IAM_USER);
  const proxied = async (env: Readonly<Record<string, string>>, roundTripMs: number) => {
    const target = { port: Number(new URL(env['HTTPS_PROXY'] ?? '').port) };
    const distant = await moveAway({ target, roundTripMs, handshake: false });
    const url = `http://127.0.0.1:${distant.port}`;
    return { distant, env: { ...env, HTTPS_PROXY: url, ...(env['grpc_proxy'] && { grpc_proxy: url }) } };
  };
  const webhookFrom =
    (name: string, secret: string): Distances =>
    async (roundTripMs) => {
      const { distant, env } = await proxied(google.env, roundTripMs);
      const own = { INCIDENT_EVENTS_TOPIC: 'projects/p/topics/incident-events', INCIDENT_WEBHOOK_SECRET: secret };
      return { ...distant, subject: webhook(name, webhookFolder, { ...env, ...own }) };
    };
  const leadFrom =
    (name: string): Distances =>
    async (roundTripMs) => {
      const { distant, env } = await proxied(cloudSql.env, roundTripMs);
      const listen = { port: INSTANCE_PORT, host: INSTANCE_ADDRESS };
      const target = { port: INSTANCE_PORT, host: cloudSql.host };
      const instance = await moveAway({ target, listen, roundTripMs, handshake: true });
      cloudSql.address = INSTANCE_ADDRESS;
      const own = { CLOUD_SQL_INSTANCE: cloudSql.instance, DB_USER: IAM_USER, DB_NAME: 'postgres' };
      return {
        port: distant.port,
        close: async () => void (await Promise.all([distant.close(), instance.close()])),
        subject: lead(name, leadFolder, { ...env, ...own }),
      };
    };
  const all: Record<string, Distances> = {
    'webhook, secret literal': webhookFrom('webhook', backends.secret),
    'webhook, Secret Manager': webhookFrom('webhook', 'projects/p/secrets/webhook'),
    'lead, Cloud SQL': leadFrom('lead'),
  };
  const figures: { name: string; roundTrips: number; reasons: string }[] = [];
  for (const [name, distances] of Object.entries(all)) {
    say(`round trips: ${name}`);
    const [near, far] = [await leastMs(distances, NEAR_MS), await leastMs(distances, FAR_MS)];
    figures.push({ name, roundTrips: (far - near) / (FAR_MS - NEAR_MS), reasons: REASONS[name] ?? '' });
  }
  await google.close();
  await cloudSql.close();
  const rows = figures.map(({ name, roundTrips, reasons }) => [name, roundTrips.toFixed(1), reasons]);
  return { text: table(['round trips in a row to the first 204', 'count', 'which'], rows), figures };
}

async function leastMs(distances: Distances, roundTripMs: number): Promise<number> {
  const took: number[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { subject, close } = await distances(roundTripMs);
    const running = await start(subject);
    took.push(running.start.wallMs);
    await running.stop();
    await close();
  }
  return Math.min(...took);
}
