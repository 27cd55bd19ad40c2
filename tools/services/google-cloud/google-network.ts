import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { closeServer, listenOn } from '../listen-on.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { createAuthority } from './certificate-authority.ts';

/** Answers the metadata server's request number `count` for an access token, or leaves it unanswered. */
export type TokenAnswer = (res: ServerResponse, count: number) => void;

/** What the metadata server gives out. */
export const TOKEN = 'token-of-the-metadata-server';

/**
 * Starts what lies between a deployed function and Google's APIs, on loopback: names, certificates, and credentials
 * from a metadata server. A proxy takes the place of DNS, and ends TLS under all of Google's names.
 * @param onRequest answers the Cloud SQL Admin API.
 * @param grpcPort where the server is that plays the other APIs, without TLS.
 */
export async function startGoogleNetwork(onRequest: RequestListener, grpcPort = 0) {
  const authority = await createAuthority('web');
  const tls = await authority.issueServer('*.googleapis.com');
  const folder = await makeTemporaryFolder('google-network-', async (path) => path);
  const roots = join(folder, 'roots.pem');
  writeFileSync(roots, authority.certificate);
  let tokens = 0;
  const metadata = createServer((req, res) => {
    res.setHeader('metadata-flavor', 'Google');
    if (req.url?.includes('/token')) {
      tokens += 1;
      network.answerToken(res, tokens);
    } else {
      res.end(req.url?.includes('universe') ? 'googleapis.com' : 'p');
    }
  });
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket.setNoDelay().on('error', () => socket.destroy()));
    return socket;
  };
  const admin = createServer(onRequest);
  const proxy = createServer().on('connect', ({ url }, client: Socket) => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const opened = new TLSSocket(keep(client), { isServer: true, ...tls, ALPNProtocols: ['h2', 'http/1.1'] });
    opened.on('error', () => opened.destroy());
    if (url?.startsWith('sqladmin.')) admin.emit('connection', opened);
    else opened.pipe(keep(connect(grpcPort, '127.0.0.1'))).pipe(opened);
  });
  const proxyUrl = `http://127.0.0.1:${await listenOn(proxy)}`;
  const answerToken: TokenAnswer = (res) =>
    answerJson(res, 200, { access_token: TOKEN, expires_in: 3_599, token_type: 'Bearer' });
  const network = {
    /** May be replaced at any time; by default `TOKEN`, for an hour. */
    answerToken,
    /** What leads a process here. Nothing in it is configuration of ours. */
    env: {
      // Set by Terraform; without it the libraries ask gcloud and the metadata server.
      GOOGLE_CLOUD_PROJECT: 'p',
      GCE_METADATA_HOST: `127.0.0.1:${await listenOn(metadata)}`,
      METADATA_SERVER_DETECTION: 'assume-present',
      grpc_proxy: proxyUrl,
      HTTPS_PROXY: proxyUrl,
      // The metadata server is asked directly.
      NO_PROXY: '127.0.0.1',
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: roots,
      NODE_EXTRA_CA_CERTS: roots,
    },
    /** Has `cut` and `close` end this connection too. */
    keep,
    /** Cuts all connections that the names led to. */
    cut(): void {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close(): Promise<void> {
      // Not by a reset, which would wait for what is still to be written.
      for (const socket of sockets) socket.destroy();
      await Promise.all([metadata, proxy].map(closeServer));
      rmSync(folder, { recursive: true });
    },
  };
  return network;
}

/** Sends an answer of a Google API. */
export function answerJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
