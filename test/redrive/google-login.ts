import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { createAuthority } from '../../tools/services/google-cloud/certificate-authority.ts';

/** What Google's server answers to whoever asks for an access token. */
export type TokenAnswer = readonly [status: number, body: object];

export const TOKEN: TokenAnswer = [200, { access_token: 'a-token', token_type: 'Bearer', expires_in: 1 }];

/**
 * Starts Google as an operator's machine meets it, on loopback: a login as `gcloud auth application-default login`
 * leaves it, access tokens that last for a second, and Pub/Sub by its real name over TLS. A proxy takes the place of
 * DNS, and of both servers.
 * @param pubsubHost `host:port` of the emulator that plays Pub/Sub, without TLS.
 * @param answer asked for each access token.
 * @returns the environment that leads a process here.
 */
export async function startGoogleLogin(pubsubHost: string, answer: () => TokenAnswer) {
  const authority = await createAuthority('google');
  const tls = await authority.issueServer('*.googleapis.com');
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket.on('error', () => socket.destroy()));
    return socket;
  };
  const tokens = createServer((_request, response) => {
    const [status, body] = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const proxy = createServer().on('connect', ({ url }, client: Socket) => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const isPubSub = url?.startsWith('pubsub.');
    const opened = keep(
      new TLSSocket(keep(client), { isServer: true, ...tls, ALPNProtocols: [isPubSub ? 'h2' : 'http/1.1'] }),
    );
    if (!isPubSub) return tokens.emit('connection', opened);
    const [host, port] = pubsubHost.split(':');
    return opened.pipe(keep(connect(Number(port), host))).pipe(opened);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));

  const folder = mkdtempSync(join(tmpdir(), 'redrive-login-'));
  const [login, roots] = [join(folder, 'application_default_credentials.json'), join(folder, 'roots.pem')];
  const credentials = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
  writeFileSync(login, JSON.stringify(credentials));
  writeFileSync(roots, authority.certificate);
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
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
      await new Promise((resolve) => proxy.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
