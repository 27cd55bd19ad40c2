import { createServer } from 'node:https';
import { type Metadata, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { SECRET } from '../../events/sign.ts';
import { listen } from '../grpc/listen.ts';
import { loadService } from '../grpc/protos.ts';
import { closeServer, listenOn } from '../listen-on.ts';
import { answerJson, type GoogleNetwork, startGoogleNetwork } from './google-network.ts';

type Call = ServerUnaryCall<Record<string, unknown>, unknown>;

/** A request that reached a Google API: which one, and by whom. */
export interface Arrival {
  readonly host: string;
  readonly path: string;
  readonly authorization: string;
}

/** Google's APIs as a deployed function meets them, on loopback: real names, TLS and credentials. */
export interface GoogleCloud extends GoogleNetwork {
  readonly arrivals: readonly Arrival[];
  /** Errors that the next publish calls end with, in turn. */
  readonly publishErrors: { code: number; details: string; metadata?: Metadata }[];
}

/** Starts all of it: Pub/Sub and Secret Manager, and a Cloud SQL Admin API that refuses everything. */
export async function startGoogleCloud(): Promise<GoogleCloud> {
  const arrivals: Arrival[] = [];
  const publishErrors: GoogleCloud['publishErrors'] = [];
  const ports = { admin: 0, grpc: 0 };
  const network = await startGoogleNetwork((host) => (host.startsWith('sqladmin.') ? ports.admin : ports.grpc));
  const answering =
    (host: string, answer: object) =>
    (call: Call, done: sendUnaryData<unknown>): void => {
      arrivals.push({ host, path: call.getPath(), authorization: String(call.metadata.get('authorization')[0]) });
      const error = host.startsWith('pubsub.') ? publishErrors.shift() : undefined;
      if (error) done(error);
      else done(null, answer);
    };
  const name = 'projects/p/secrets/webhook/versions/1';
  const services = [
    {
      definition: loadService('@google-cloud/pubsub', 'google.pubsub.v1.Publisher'),
      methods: { Publish: answering('pubsub.googleapis.com', { messageIds: ['1'] }) },
    },
    {
      definition: loadService('@google-cloud/secret-manager', 'google.cloud.secretmanager.v1.SecretManagerService'),
      methods: {
        ListSecretVersions: answering('secretmanager.googleapis.com', { versions: [{ name, state: 'ENABLED' }] }),
        AccessSecretVersion: answering('secretmanager.googleapis.com', {
          name,
          payload: { data: Buffer.from(SECRET) },
        }),
      },
    },
  ];
  const pair = { private_key: Buffer.from(network.tls.key), cert_chain: Buffer.from(network.tls.cert) };
  const grpc = await listen('Google', 0, services, ServerCredentials.createSsl(null, [pair]));
  ports.grpc = grpc.port;
  const admin = createServer(network.tls, (req, res) => {
    const { host = '', authorization = '' } = req.headers;
    arrivals.push({ host, path: req.url ?? '', authorization });
    answerJson(res, 403, { error: { code: 403, message: 'not in this test' } });
  });
  ports.admin = await listenOn(admin);
  const closeNetwork = network.close;
  return Object.assign(network, {
    arrivals,
    publishErrors,
    async close() {
      await grpc.close();
      await closeNetwork();
      await closeServer(admin);
    },
  });
}
