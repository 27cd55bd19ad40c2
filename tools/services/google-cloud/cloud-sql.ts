import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { createServer } from 'node:tls';
import { closeServer, listenOn } from '../listen-on.ts';
import { connectTo } from '../postgres/postgres.ts';
import { createAuthority } from './certificate-authority.ts';
import { answerJson, startGoogleNetwork } from './google-network.ts';

/** How the Cloud SQL Admin API answers; `expired` gives out certificates that are an hour too old. */
type AdminMode = 'good' | 'expired' | 'forbidden' | 'unavailable' | 'silent';

/**
 * A Cloud SQL instance as a deployed function meets it: metadata server, Admin API, and a TLS
 * server in front of a PostgreSQL.
 */
export type CloudSqlServer = Awaited<ReturnType<typeof startCloudSqlServer>>;

/** Fixed by the connector. */
export const INSTANCE_PORT = 3_307;
const HOUR_MS = 3_600_000;

/** Starts all of it on loopback, in front of the PostgreSQL that listens on `postgresPort`. */
export async function startCloudSqlServer(postgresPort: number) {
  // Port 3307 is fixed, so each server has an address of its own where the system has more than one on loopback.
  const octet = (): number => randomInt(2, 252);
  const host = process.platform === 'linux' ? `127.${octet()}.${octet()}.${octet()}` : '127.0.0.1';
  let authority = await createAuthority('cloud-sql');
  const answerAdmin = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const asksCertificate = req.url?.includes(':generateEphemeralCert') ?? false;
    if (asksCertificate) server.certificates += 1;
    if (server.admin === 'silent') return;
    if (server.admin === 'forbidden') return answerJson(res, 403, { error: { code: 403, message: 'no role' } });
    if (server.admin === 'unavailable') return answerJson(res, 503, { error: { code: 503, message: 'later' } });
    if (!asksCertificate) {
      return answerJson(res, 200, {
        databaseVersion: 'POSTGRES_17',
        region: 'europe-west1',
        ipAddresses: [{ type: 'PRIVATE', ipAddress: server.address }],
        serverCaCert: { cert: authority.certificate, expirationTime: '2100-01-01T00:00:00Z' },
      });
    }
    const { public_key: publicKey = '', access_token: token } = (await json(req)) as Record<string, string>;
    server.loginTokens.push(token);
    const notAfter = new Date(Date.now() + (server.admin === 'expired' ? -HOUR_MS : HOUR_MS));
    answerJson(res, 200, { ephemeralCert: { cert: await authority.issue(publicKey, 'client', notAfter) } });
  };
  const network = await startGoogleNetwork((req, res) => void answerAdmin(req, res));

  const instanceTls = async () => ({
    ...(await authority.issueServer('p:alaners')),
    ca: authority.certificate,
    minVersion: 'TLSv1.3' as const,
  });
  const instance = createServer({ ...(await instanceTls()), requestCert: true }, (client) => {
    const upstream = connect(postgresPort, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  instance.on('connection', (socket: Socket) => {
    network.keep(socket);
    if (!server.up) socket.resetAndDestroy();
  });
  await listenOn(instance, INSTANCE_PORT, host);

  const { close } = network;
  const server = Object.assign(network, {
    /** `project:region:instance`. */
    instance: 'p:europe-west1:alaners',
    /** Where it listens, on port 3307. */
    host,
    /** The IP address under which the Admin API names the instance. Another one has to lead to port 3307 of this one. */
    address: host,
    /** How often a certificate was asked for. */
    certificates: 0,
    /** Tokens in whose name certificates were asked for. */
    loginTokens: [] as unknown[],
    admin: 'good' as AdminMode,
    /** Whether the instance lets connections through. */
    up: true,
    /**
     * Cuts all connections and takes only certificates of a new authority from now on, on both sides,
     * as after a rotation.
     */
    async rotate(): Promise<void> {
      authority = await createAuthority('cloud-sql');
      instance.setSecureContext(await instanceTls());
      network.cut();
    },
    async close(): Promise<void> {
      await close();
      await closeServer(instance);
    },
  });
  return server;
}

/**
 * Has a PostgreSQL let a user in without a password, as an instance lets in the user of an IAM
 * token, which it checks itself.
 * @param user an IAM user's name in the database: without `.gserviceaccount.com`
 */
export async function letIamUserIn(ownerUrl: string, user: string): Promise<void> {
  await using owner = await connectTo(ownerUrl);
  await owner.query(`create role "${user}" login in role alaner_directory_reader`);
  const { rows } = await owner.query('show hba_file');
  await owner.query(`copy (values ('host all "${user}" 127.0.0.1/32 trust'), ('host all alan 127.0.0.1/32 scram-sha-256'))
    to '${rows[0].hba_file}'`);
  await owner.query('select pg_reload_conf()');
}
