import { LIMITS } from '../../functions/incident-webhook/app.ts';
import { createPublisher } from '../../functions/incident-webhook/publish.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { SECRET } from '../events/sign.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import { startEmulatorThread } from './emulator-thread.ts';

const TOPIC = 'projects/alan-eu-tools/topics/incident-events';
const SECRET_NAME = 'projects/alan-eu-tools/secrets/INCIDENT_WEBHOOK_SECRET';

/** Everything the functions talk to, on this machine. */
export interface Backends {
  readonly topic: string;
  readonly pubsubHost: string;
  readonly secretManagerHost: string;
  readonly secretName: string;
  readonly secret: string;
  readonly databaseUrl: string;
  /** As the owner of the database. */
  readonly ownerUrl: string;
  /** Publishes one message as the webhook function does, without the function. */
  publishOnce(): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts the Pub/Sub emulator, the Secret Manager server and PostgreSQL. */
export async function startBackends(): Promise<Backends> {
  const pubsub = await startEmulatorThread(TOPIC);
  const secrets = await startSecretManagerServer({
    secret: SECRET_NAME,
    versions: [{ number: 1, state: 'ENABLED', data: SECRET }],
  });
  const postgres = await startPostgres();
  const { publish } = createPublisher(TOPIC, pubsub.host, LIMITS.publish);
  const message = { data: Buffer.from('{}'), attributes: { schemaVersion: '1' } };
  return {
    topic: TOPIC,
    pubsubHost: pubsub.host,
    secretManagerHost: secrets.host,
    secretName: SECRET_NAME,
    secret: SECRET,
    databaseUrl: postgres.readerUrl,
    ownerUrl: postgres.ownerUrl,
    publishOnce: () => publish(message, deadlineAfter(LIMITS.answerMs)),
    async close() {
      await pubsub.stop();
      await secrets.close();
      await postgres.stop();
    },
  };
}
