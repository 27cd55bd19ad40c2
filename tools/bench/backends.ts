import { LIMITS } from '../../functions/incident-webhook/app.ts';
import { createPublisher } from '../../functions/incident-webhook/publish.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';
import { startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import type { Backends } from './subjects.ts';

const TOPIC = 'projects/alan-eu-tools/topics/incident-events';
const SECRET_NAME = 'projects/alan-eu-tools/secrets/INCIDENT_WEBHOOK_SECRET';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** Everything the functions talk to, on this machine. */
export interface RunningBackends extends Backends {
  /** As the owner of the database. */
  readonly ownerUrl: string;
  /** Publishes one message as the webhook function does, without the function. */
  publishOnce(): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts the Pub/Sub emulator, the Secret Manager server and PostgreSQL. */
export async function startBackends(): Promise<RunningBackends> {
  const pubsub = await startPubSubEmulator();
  pubsub.createTopic({ name: TOPIC });
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
      await pubsub.close();
      await secrets.close();
      await postgres.stop();
    },
  };
}
