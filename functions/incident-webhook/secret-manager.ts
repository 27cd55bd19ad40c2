import type { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { googleClient } from '../../shared/google-client.ts';
import { grpcCode, grpcOptions } from '../../shared/grpc.ts';
import { SecretGone, type SecretStore, type SecretVersion } from './signing-keys.ts';

/** For the list and all versions together; the answer to the webhook is due after 8 s. */
const READ_TIMEOUT_MS = 3_000;

const FAILED_PRECONDITION = 9;
const NOT_FOUND = 5;
/**
 * INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE, UNAUTHENTICATED: an answer about the secret.
 * With any other code the store is out of order, which says nothing about the secret.
 */
const ANSWER_CODES = new Set([3, NOT_FOUND, 7, FAILED_PRECONDITION, 11, 16]);
/** How grpc-js begins the message where no access token was to be had; the code is then of whatever failed. */
const NO_TOKEN = 'Getting metadata from plugin failed';

/**
 * The versions of a secret in Secret Manager. The client is loaded with the first read.
 * @param name `projects/P/secrets/S`.
 * @param readTimeoutMs for the list and all versions together.
 */
export function secretManagerStore(
  name: string,
  emulatorHost: string | undefined,
  readTimeoutMs: number = READ_TIMEOUT_MS,
): SecretStore {
  const client = googleClient('Secret Manager', async () => {
    const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager');
    return new SecretManagerServiceClient(grpcOptions(emulatorHost));
  });
  return {
    async readVersions() {
      try {
        return await client.call((made, signal) => readEnabled(made, name, signal), readTimeoutMs);
      } catch (error) {
        throw isAnswer(error) ? new SecretGone(`Secret Manager answered: ${error.message}`, { cause: error }) : error;
      }
    },
  };
}

/** True where Secret Manager itself has said no, so that keys read before must not be used any longer. */
export function isAnswer(error: unknown): error is Error {
  const code = grpcCode(error);
  return error instanceof Error && code !== undefined && ANSWER_CODES.has(code) && !error.message.includes(NO_TOKEN);
}

async function readEnabled(
  client: SecretManagerServiceClient,
  parent: string,
  signal: AbortSignal,
): Promise<SecretVersion[]> {
  const [versions] = await client.listSecretVersions({ parent, filter: 'state:ENABLED' }, { signal });
  const enabled = versions.filter(({ state }) => state === 'ENABLED' || state === 1);
  const read = await Promise.all(enabled.map(({ name }) => access(client, name ?? '', signal)));
  return read.filter((version) => version !== undefined);
}

async function access(
  client: SecretManagerServiceClient,
  name: string,
  signal: AbortSignal,
): Promise<SecretVersion | undefined> {
  try {
    const [{ payload }] = await client.accessSecretVersion({ name }, { signal });
    return { number: name.slice(name.lastIndexOf('/') + 1), value: Buffer.from(payload?.data ?? '').toString('utf8') };
  } catch (error) {
    // Disabled or destroyed after it was listed.
    const code = grpcCode(error);
    if (code === FAILED_PRECONDITION || code === NOT_FOUND) return undefined;
    throw error;
  }
}
