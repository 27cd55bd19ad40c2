import { Webhook } from 'svix';
import { ConfigurationError, readLogConfig, readWebhookConfig, type SecretSource } from '../../shared/config.ts';
import { createLog, type Log } from '../../shared/log.ts';
import { createHandler, type Services } from './handler.ts';
import { Refusal } from './outcomes.ts';
import { createPublisher } from './publish.ts';
import { createResponder } from './respond.ts';
import { secretManagerStore } from './secret-manager.ts';
import { literalKeys, type SigningKeys, storedKeys } from './signing-keys.ts';

/** Composition root of the webhook function: configuration, clients, handler. */
export function wire(): ReturnType<typeof createHandler> {
  const log = createLog(readLogConfig());
  return createHandler(prepare(log), createResponder(log));
}

function prepare(log: Log): () => Promise<Services> {
  try {
    const config = readWebhookConfig();
    const keys = signingKeys(config.secret, log);
    const { publish, connect } = createPublisher(config.topic, config.pubsubEmulatorHost);
    // Ahead of the first request; what fails here is tried again, and reported, by the request that needs it.
    connect().catch(() => {});
    keys.current().catch(() => {});
    return async () => ({ keys, publish });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    log({ level: 'error', message: error.message, metadata: { outcome: 'unavailable', reason: 'configuration' } });
    return async () => {
      throw new Refusal('configuration');
    };
  }
}

function signingKeys(source: SecretSource, log: Log): SigningKeys {
  if (source.kind === 'literals') return literalKeys(source.secrets.map((secret) => new Webhook(secret)));
  return storedKeys(
    secretManagerStore(source.name, source.emulatorHost),
    (secret) => new Webhook(secret),
    (number) =>
      log({
        level: 'error',
        message: `Version ${number} of the signing secret is no usable secret and is skipped: expected whsec_ and the padded base64 of 16 to 75 bytes. Disable it, or add a right one.`,
        metadata: { reason: 'secret_version', version: number },
      }),
  );
}
