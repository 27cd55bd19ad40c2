import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { SECRET } from '../../events/sign.ts';
import { loadServices } from '../grpc/protos.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { createAuthority } from './certificate-authority.ts';

/** What the metadata server gives out. */
export const TOKEN = 'token-of-the-metadata-server';

type Call = ServerUnaryCall<Record<string, unknown>, unknown>;

/** A request that reached a Google API: which one, and by whom. */
export interface Arrival {
  readonly host: string;
  readonly path: string;
  readonly authorization: string;
}

/**
 * Google's APIs as a deployed function meets them, on loopback: real names, TLS, and credentials
 * from a metadata server.
 */
export interface GoogleCloud {
  /** What leads a process here. Nothing in it is configuration of ours. */
  readonly env: Readonly<Record<string, string>>;
  readonly arrivals: readonly Arrival[];
  /** Errors that the next publish calls end with, in turn. */
  readonly publishErrors: { code: number; details: string; metadata?: Metadata }[];
  /** While true, the metadata server takes requests and leaves them unanswered. */
  metadataHangs: boolean;
  close(): Promise<void>;
}

/** Starts all of it. A proxy takes the place of DNS: it leads every host name to the server here that plays it. */
export async function startGoogleCloud(): Promise<GoogleCloud> {
  const arrivals: Arrival[] = [];
  const publishErrors: GoogleCloud['publishErrors'] = [];
  const authority = createAuthority('web');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tls = {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: authority.issue(publicKey, { commonName: 'googleapis', altName: '*.googleapis.com' }),
  };
  const folder = await makeTemporaryFolder('google-apis-', async (path) => path);
  const roots = join(folder, 'roots.pem');
  writeFileSync(roots, authority.certificate);

  const grpc = new Server();
  const record = (host: string, call: Call): void => {
    const authorization = String(call.metadata.get('authorization')[0]);
    arrivals.push({ host, path: call.getPath(), authorization });
  };
  const answering = (host: string, answer: (call: Call) => object) => (call: Call, done: sendUnaryData<unknown>) => {
    record(host, call);
    done(null, answer(call));
  };
  const pubsub = {
    client: '@google-cloud/pubsub',
    api: '@google-cloud/pubsub-api',
    file: 'google/pubsub/v1/pubsub.proto',
  };
  grpc.addService(loadServices(pubsub)['google.pubsub.v1.Publisher'] ?? {}, {
    Publish: (call: Call, done: sendUnaryData<unknown>) => {
      record('pubsub.googleapis.com', call);
      const error = publishErrors.shift();
      if (error) done(error);
      else done(null, { messageIds: ['1'] });
    },
  });
  const secrets = { client: '@google-cloud/secret-manager', file: 'google/cloud/secretmanager/v1/service.proto' };
  const name = 'projects/p/secrets/webhook/versions/1';
  const secretManager = 'secretmanager.googleapis.com';
  grpc.addService(loadServices(secrets)['google.cloud.secretmanager.v1.SecretManagerService'] ?? {}, {
    ListSecretVersions: answering(secretManager, () => ({ versions: [{ name, state: 'ENABLED' }] })),
    AccessSecretVersion: answering(secretManager, () => ({ name, payload: { data: Buffer.from(SECRET) } })),
  });
  const grpcPort = await new Promise<number>((resolve, reject) => {
    const pairs = [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }];
    const credentials = ServerCredentials.createSsl(null, pairs);
    grpc.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });

  const admin = createHttpsServer(tls, (req, res) => {
    const { host = '', authorization = '' } = req.headers;
    arrivals.push({ host, path: req.url ?? '', authorization });
    res
      .writeHead(403, { 'content-type': 'application/json' })
      .end('{"error":{"code":403,"message":"not in this test"}}');
  });
  const metadata = createHttpServer((req, res) => {
    if (!cloud.metadataHangs) answerMetadata(req, res);
  });
  const proxy = createHttpServer();
  const sockets = new Set<Socket>();
  proxy.on('connect', (req, client: Socket) => {
    const port = req.url?.startsWith('sqladmin.') ? portOf(admin) : grpcPort;
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket.setNoDelay().on('error', () => socket.destroy()));
  });
  for (const server of [admin, metadata, proxy]) await listening(server);

  const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`;
  const cloud: GoogleCloud = {
    metadataHangs: false,
    env: {
      // Set by Terraform; without it the libraries ask gcloud and the metadata server.
      GOOGLE_CLOUD_PROJECT: 'p',
      GCE_METADATA_HOST: `127.0.0.1:${portOf(metadata)}`,
      METADATA_SERVER_DETECTION: 'assume-present',
      grpc_proxy: proxyUrl,
      HTTPS_PROXY: proxyUrl,
      // The metadata server is asked directly.
      NO_PROXY: '127.0.0.1',
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: roots,
      NODE_EXTRA_CA_CERTS: roots,
    },
    arrivals,
    publishErrors,
    async close() {
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
      for (const server of [admin, metadata, proxy]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(folder, { recursive: true });
    },
  };
  return cloud;
}

const METADATA: Record<string, string> = {
  '/computeMetadata/v1/instance/service-accounts/default/token': JSON.stringify({
    access_token: TOKEN,
    expires_in: 3_599,
    token_type: 'Bearer',
  }),
  '/computeMetadata/v1/universe/universe-domain': 'googleapis.com',
  '/computeMetadata/v1/project/project-id': 'p',
};

const answerMetadata: RequestListener = (req, res) => {
  const answer = METADATA[req.url?.split('?', 1)[0] ?? ''];
  const type = answer?.startsWith('{') ? 'application/json' : 'text/plain';
  res.writeHead(answer === undefined ? 404 : 200, { 'metadata-flavor': 'Google', 'content-type': type }).end(answer);
};

function listening(server: HttpServer): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: HttpServer): number {
  return (server.address() as AddressInfo).port;
}
