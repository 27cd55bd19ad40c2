import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { closeServer, listenOn } from '../listen-on.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { createAuthority } from './certificate-authority.ts';

/** Answers the metadata server's request number `count` for an access token, or leaves it unanswered. */
export type TokenAnswer = (res: ServerResponse, count: number) => void;

/**
 * What lies between a deployed function and Google's APIs, on loopback: names, certificates, and credentials from a
 * metadata server.
 */
export interface GoogleNetwork {
  /** What leads a process here. Nothing in it is configuration of ours. */
  readonly env: Readonly<Record<string, string>>;
  /** For a server under any of Google's names; PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** May be replaced at any time; by default `TOKEN`, for an hour. */
  answerToken: TokenAnswer;
  /** Cuts all connections that the names led to. */
  cut(): void;
  close(): Promise<void>;
}

/** What the metadata server gives out. */
export const TOKEN = 'token-of-the-metadata-server';

/**
 * Starts it. A proxy takes the place of DNS.
 * @param portFor where the server is that plays the host of this name.
 */
export async function startGoogleNetwork(portFor: (host: string) => number): Promise<GoogleNetwork> {
  const authority = createAuthority('web');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
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
  const proxy = createServer().on('connect', (req, client: Socket) => {
    const upstream = connect(portFor(req.url ?? ''), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket.setNoDelay().on('error', () => socket.destroy()));
  });
  const proxyUrl = `http://127.0.0.1:${await listenOn(proxy)}`;
  const network: GoogleNetwork = {
    tls: {
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      cert: authority.issue(publicKey, { commonName: 'googleapis', altName: '*.googleapis.com' }),
    },
    answerToken: (res) => answerJson(res, 200, { access_token: TOKEN, expires_in: 3_599, token_type: 'Bearer' }),
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
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async close() {
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
