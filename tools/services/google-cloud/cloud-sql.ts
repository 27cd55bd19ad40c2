import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import pg from 'pg';
import { closeServer, listenOn } from '../listen-on.ts';
import { createAuthority } from './certificate-authority.ts';
import { answerJson, type GoogleNetwork, startGoogleNetwork } from './google-network.ts';

/** How the Cloud SQL Admin API answers; `expired` gives out certificates that are an hour too old. */
export type AdminMode = 'good' | 'expired' | 'forbidden' | 'unavailable' | 'silent';

/**
 * A Cloud SQL instance as a deployed function meets it: metadata server, Admin API, and a TLS
 * server in front of a PostgreSQL.
 */
export interface CloudSqlServer extends GoogleNetwork {
  /** `project:region:instance`. */
  readonly instance: string;
  /** Where it listens, on port 3307. */
  readonly host: string;
  /** The IP address under which the Admin API names the instance. Another one has to lead to port 3307 of this one. */
  address: string;
  /** How often a certificate was asked for. */
  certificates: number;
  /** Tokens in whose name certificates were asked for. */
  readonly loginTokens: readonly unknown[];
  admin: AdminMode;
  /** Whether the instance lets connections through. */
  up: boolean;
  /**
   * Cuts all connections and takes only certificates of a new authority from now on, on both sides,
   * as after a rotation.
   */
  rotate(): void;
}

/** Fixed by the connector. */
export const INSTANCE_PORT = 3_307;
const HOUR_MS = 3_600_000;

/** Starts all of it on loopback, in front of the PostgreSQL that listens on `postgresPort`. */
export async function startCloudSqlServer(postgresPort: number): Promise<CloudSqlServer> {
  // Port 3307 is fixed, so each server has an address of its own where the system has more than one on loopback.
  const host = process.platform === 'linux' ? `127.${random()}.${random()}.${random()}` : '127.0.0.1';
  const loginTokens: unknown[] = [];
  const sockets = new Set<Socket>();
  let authority = createAuthority('cloud-sql');
  let adminPort = 0;
  const network = await startGoogleNetwork(() => adminPort);
  const { key } = network.tls;

  const instanceTls = () => ({
    key,
    cert: authority.issue(key, { commonName: 'p:alaners' }),
    ca: authority.certificate,
    minVersion: 'TLSv1.3' as const,
  });
  const instance = createTlsServer({ ...instanceTls(), requestCert: true }, (client) => {
    const upstream = connect(postgresPort, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  instance.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    if (!server.up) socket.resetAndDestroy();
  });

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
    const { public_key: publicKey, access_token: token } = (await json(req)) as Record<string, string>;
    loginTokens.push(token);
    const notAfter = new Date(Date.now() + (server.admin === 'expired' ? -HOUR_MS : HOUR_MS));
    const cert = authority.issue(publicKey ?? '', { commonName: 'client', notAfter });
    answerJson(res, 200, { ephemeralCert: { cert } });
  };
  const admin = createHttpsServer(network.tls, (req, res) => void answerAdmin(req, res));
  adminPort = await listenOn(admin);
  await listenOn(instance, INSTANCE_PORT, host);

  const { cut, close } = network;
  const server: CloudSqlServer = Object.assign(network, {
    instance: 'p:europe-west1:alaners',
    host,
    address: host,
    certificates: 0,
    loginTokens,
    admin: 'good' as const,
    up: true,
    cut() {
      cut();
      for (const socket of sockets) socket.resetAndDestroy();
    },
    rotate() {
      authority = createAuthority('cloud-sql');
      instance.setSecureContext(instanceTls());
      server.cut();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await close();
      await Promise.all([instance, admin].map(closeServer));
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
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(`create role "${user}" login in role alaner_directory_reader`);
  const { rows } = await owner.query('show hba_file');
  await owner.query(`copy (values ('host all "${user}" 127.0.0.1/32 trust'), ('host all alan 127.0.0.1/32 scram-sha-256'))
    to '${rows[0].hba_file}'`);
  await owner.query('select pg_reload_conf()');
  await owner.end();
}

/** Of a loopback address; not 0, 1 or 255. */
function random(): number {
  return 2 + Math.floor(Math.random() * 250);
}
