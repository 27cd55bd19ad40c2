import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { createAuthority } from '../../tools/services/google-cloud/certificate-authority.ts';

/** What Google's server answers to whoever asks for an access token. */
export type TokenAnswer = readonly [status: number, body: object];

export const TOKEN: TokenAnswer = [200, { access_token: 'a-token', token_type: 'Bearer', expires_in: 1 }];

/**
 * Google as an operator's machine meets it, on loopback: a login as `gcloud auth application-default login` leaves it,
 * access tokens that last for a second, and Pub/Sub by its real name over TLS.
 */
export interface GoogleLogin {
  /** What leads a process here. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Starts it. A proxy takes the place of DNS.
 * @param pubsubHost `host:port` of the emulator that plays Pub/Sub.
 * @param answer asked for each access token.
 */
export async function startGoogleLogin(pubsubHost: string, answer: () => TokenAnswer): Promise<GoogleLogin> {
  const authority = createAuthority('google');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tls = {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: authority.issue(publicKey, { commonName: 'googleapis', altName: '*.googleapis.com' }),
  };
  const sockets = new Set<Socket>();
  const splice = (one: Socket, other: Socket): void => {
    for (const socket of [one, other]) sockets.add(socket.on('error', () => socket.destroy()));
    one.pipe(other).pipe(one);
  };
  // The emulator speaks HTTP/2 without TLS: this takes the TLS off.
  const pubsub = createTlsServer({ ...tls, ALPNProtocols: ['h2'] }, (client) => {
    const [host, port] = pubsubHost.split(':');
    splice(client, connect(Number(port), host));
  });
  const tokens = createHttpsServer(tls, (_request, response) => {
    const [status, body] = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const proxy = createHttpServer().on('connect', (request, client: Socket) => {
    const upstream = connect(portOf(request.url?.startsWith('pubsub.') ? pubsub : tokens), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      splice(client, upstream);
    });
  });
  const servers: Server[] = [pubsub, tokens, proxy];
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const folder = mkdtempSync(join(tmpdir(), 'redrive-login-'));
  const login = join(folder, 'application_default_credentials.json');
  const credentials = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
  writeFileSync(login, JSON.stringify(credentials));
  const roots = join(folder, 'roots.pem');
  writeFileSync(roots, authority.certificate);
  const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`;
  return {
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: login,
      METADATA_SERVER_DETECTION: 'none',
      grpc_proxy: proxyUrl,
      HTTPS_PROXY: proxyUrl,
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: roots,
      NODE_EXTRA_CA_CERTS: roots,
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      for (const server of [tokens, proxy]) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(folder, { recursive: true });
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
