import { type Environment, readEnvironment, type Variables } from '../../shared/environment.ts';
import { parseSigningSecret } from '../../shared/signing-secret.ts';

/** Where the signing secrets come from. */
export type SecretSource =
  | { readonly kind: 'secret-manager'; readonly name: string; readonly emulatorHost: string | undefined }
  | { readonly kind: 'literals'; readonly secrets: readonly string[] };

/** Configuration of the webhook function. */
export interface WebhookConfig {
  readonly secret: SecretSource;
  /** `projects/P/topics/T`. */
  readonly topic: string;
  /** `host:port` of a Pub/Sub emulator. */
  readonly pubsubEmulatorHost: string | undefined;
}

/** Name of a secret in Secret Manager. */
export const SECRET_NAME = /^projects\/[^/\s]+\/secrets\/[A-Za-z0-9_-]{1,255}$/;
const TOPIC_NAME = /^projects\/[^/\s]+\/topics\/[A-Za-z][A-Za-z0-9._~+%-]{0,254}$/;

/**
 * Reads what the webhook function needs.
 * @throws ConfigurationError naming everything that is wrong at once.
 */
export function readWebhookConfig(env: Environment): WebhookConfig {
  return readEnvironment(env, (variables) => ({
    secret: readSecretSource(variables),
    topic: variables.required('INCIDENT_EVENTS_TOPIC', TOPIC_NAME, 'projects/P/topics/T'),
    pubsubEmulatorHost: variables.emulatorHost('PUBSUB_EMULATOR_HOST'),
  }));
}

function readSecretSource(variables: Variables): SecretSource {
  const variable = 'INCIDENT_WEBHOOK_SECRET';
  const emulatorHost = variables.emulatorHost('SECRET_MANAGER_EMULATOR_HOST');
  const text = (variables.get(variable) ?? '').trim();
  if (text === '') variables.fault(variable, 'is missing: projects/P/secrets/S, or whsec_ literals');
  if (SECRET_NAME.test(text)) return { kind: 'secret-manager', name: text, emulatorHost };
  const secrets = text.split(/\s+/).filter((literal) => literal !== '');
  if (secrets.some((literal) => parseSigningSecret(literal) === undefined)) {
    variables.fault(
      variable,
      'must be projects/P/secrets/S, or literals of whsec_ and the padded base64 of 16 to 75 bytes',
    );
  }
  return { kind: 'literals', secrets };
}
