import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import pg from 'pg';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { type CertificateAuthority, createAuthority } from './certificate-authority.ts';

/** How the Cloud SQL Admin API answers; `expired` gives out certificates that are an hour too old. */
export type AdminMode = 'good' | 'expired' | 'forbidden' | 'unavailable' | 'silent';

/**
 * A Cloud SQL instance as a deployed function meets it: metadata server, Admin API, and a TLS
 * server in front of a PostgreSQL.
 */
export interface CloudSqlServer {
  /** What leads a process here. Nothing in it is configuration of ours. */
  readonly env: Readonly<Record<string, string>>;
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
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Fixed by the connector. */
export const INSTANCE_PORT = 3_307;
const PROJECT = 'p';
const NAME = 'alaners';

/** Starts all of it on loopback, in front of the PostgreSQL that listens on `postgresPort`. */
export async function startCloudSqlServer(postgresPort: number): Promise<CloudSqlServer> {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const web = createAuthority('web');
  const folder = await makeTemporaryFolder('cloud-sql-', async (path) => path);
  const rootsFile = join(folder, 'roots.pem');
  writeFileSync(rootsFile, web.certificate);
  // Port 3307 is fixed, so each server has an address of its own where the system has more than one on loopback.
  const host = process.platform === 'linux' ? `127.${random()}.${random()}.${random()}` : '127.0.0.1';

  let authority: CertificateAuthority = createAuthority('cloud-sql');
  const state = { admin: 'good' as AdminMode, up: true, certificates: 0, address: host };
  const loginTokens: unknown[] = [];
  const sockets = new Set<Socket>();

  const instanceTls = () => ({
    key: keyPem,
    cert: authority.issue(key.publicKey, { commonName: `${PROJECT}:${NAME}` }),
    ca: authority.certificate,
  });
  const instance = createTlsServer({ ...instanceTls(), requestCert: true, minVersion: 'TLSv1.3' }, (client) => {
    const upstream = connect(postgresPort, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => {}).on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  instance.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    if (!state.up) socket.resetAndDestroy();
  });

  const answerAdmin = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const asksCertificate = req.url?.includes(':generateEphemeralCert') ?? false;
    if (asksCertificate) state.certificates += 1;
    if (state.admin === 'silent') return;
    if (state.admin === 'forbidden') return answer(res, 403, { error: { code: 403, message: 'no role' } });
    if (state.admin === 'unavailable') return answer(res, 503, { error: { code: 503, message: 'later' } });
    if (!asksCertificate) {
      return answer(res, 200, {
        databaseVersion: 'POSTGRES_17',
        region: 'europe-west1',
        ipAddresses: [{ type: 'PRIVATE', ipAddress: state.address }],
        serverCaCert: { cert: authority.certificate, expirationTime: '2100-01-01T00:00:00Z' },
      });
    }
    const { public_key: publicKey, access_token: token } = JSON.parse(Buffer.concat(chunks).toString());
    loginTokens.push(token);
    const notAfter = new Date(Date.now() + (state.admin === 'expired' ? -3_600_000 : 3_600_000));
    answer(res, 200, { ephemeralCert: { cert: authority.issue(publicKey, { commonName: 'client', notAfter }) } });
  };
  const adminName = 'sqladmin.googleapis.com';
  const adminTls = { key: keyPem, cert: web.issue(key.publicKey, { commonName: adminName, altName: adminName }) };
  const admin = createHttpsServer(adminTls, (req, res) => void answerAdmin(req, res));
  const metadata = createHttpServer((req, res) => {
    const token = { access_token: 'login-token', expires_in: 3_599, token_type: 'Bearer' };
    res.setHeader('metadata-flavor', 'Google');
    if (req.url?.includes('/token')) answer(res, 200, token);
    else res.end(req.url?.includes('universe') ? 'googleapis.com' : PROJECT);
  });
  // In the place of DNS.
  const proxy = createHttpServer().on('connect', (_req, client: Socket) => {
    const upstream = connect(portOf(admin), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => socket.destroy()));
  });

  await listening(instance, INSTANCE_PORT, host);
  for (const server of [admin, metadata, proxy]) await listening(server, 0, '127.0.0.1');

  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return Object.assign(state, {
    env: {
      GCE_METADATA_HOST: `127.0.0.1:${portOf(metadata)}`,
      METADATA_SERVER_DETECTION: 'assume-present',
      HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`,
      NO_PROXY: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: rootsFile,
    },
    instance: `${PROJECT}:europe-west1:${NAME}`,
    host,
    loginTokens,
    cut,
    rotate(): void {
      authority = createAuthority('cloud-sql');
      instance.setSecureContext({ ...instanceTls(), minVersion: 'TLSv1.3' });
      cut();
    },
    async close(): Promise<void> {
      cut();
      for (const server of [admin, metadata, proxy]) server.closeAllConnections();
      for (const server of [instance, admin, metadata, proxy]) await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  });
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

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Of a loopback address; not 0, 1 or 255. */
function random(): number {
  return 2 + Math.floor(Math.random() * 250);
}
