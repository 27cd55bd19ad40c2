import type { Metadata, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { SECRET } from '../../events/sign.ts';
import { listen } from '../grpc/listen.ts';
import { loadService } from '../grpc/protos.ts';
import { answerJson, startGoogleNetwork } from './google-network.ts';

/** Google's APIs as a deployed function meets them, on loopback: real names, TLS and credentials. */
export type GoogleCloud = Awaited<ReturnType<typeof startGoogleCloud>>;

/** Starts all of it: Pub/Sub and Secret Manager, and a Cloud SQL Admin API that refuses everything. */
export async function startGoogleCloud() {
  /** Requests that reached an API: which one, and by whom. */
  const arrivals: { host: string; path: string; authorization: string }[] = [];
  /** Errors that the next publish calls end with, in turn. */
  const publishErrors: { code: number; details: string; metadata?: Metadata }[] = [];
  const answering =
    (host: string, answer: object, errors: typeof publishErrors = []) =>
    (call: ServerUnaryCall<unknown, unknown>, done: sendUnaryData<unknown>): void => {
      arrivals.push({ host, path: call.getPath(), authorization: String(call.metadata.get('authorization')[0]) });
      done(errors.shift() ?? null, answer);
    };
  const secretManager = 'secretmanager.googleapis.com';
  const name = 'projects/p/secrets/webhook/versions/1';
  const grpc = await listen('Google', 0, [
    {
      definition: loadService('@google-cloud/pubsub', 'google.pubsub.v1.Publisher'),
      methods: { Publish: answering('pubsub.googleapis.com', { messageIds: ['1'] }, publishErrors) },
    },
    {
      definition: loadService('@google-cloud/secret-manager', 'google.cloud.secretmanager.v1.SecretManagerService'),
      methods: {
        ListSecretVersions: answering(secretManager, { versions: [{ name, state: 'ENABLED' }] }),
        AccessSecretVersion: answering(secretManager, { name, payload: { data: Buffer.from(SECRET) } }),
      },
    },
  ]);
  const network = await startGoogleNetwork(({ headers: { host = '', authorization = '' }, url: path = '' }, res) => {
    arrivals.push({ host, path, authorization });
    answerJson(res, 403, { error: { code: 403, message: 'not in this test' } });
  }, grpc.port);
  const { close } = network;
  return Object.assign(network, {
    arrivals,
    publishErrors,
    async close(): Promise<void> {
      await grpc.close();
      await close();
    },
  });
}
