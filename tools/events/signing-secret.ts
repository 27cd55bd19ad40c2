import { SECRET_NAME } from '../../functions/incident-webhook/config.ts';
import { secretManagerStore } from '../../functions/incident-webhook/secret-manager.ts';
import { escapeControls } from '../../shared/escape-controls.ts';
import { parseSigningSecret } from '../../shared/signing-secret.ts';
import { readSecret } from './kept-secret.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** From a laptop, credentials included. */
const READ_TIMEOUT_MS = 10_000;

/**
 * The secret to sign with: the first one of INCIDENT_WEBHOOK_SECRET, the newest usable version
 * where that names a secret of Secret Manager, and for a local system else the one kept in its
 * folder.
 * @throws Error that says what to set.
 */
export async function findSigningSecret(url: URL, folder: string, env: Environment = process.env): Promise<string> {
  const text = (env['INCIDENT_WEBHOOK_SECRET'] ?? '').trim();
  if (SECRET_NAME.test(text)) return readNewest(text, env);
  const [literal] = text.split(/\s+/);
  if (literal) {
    const secret = parseSigningSecret(literal);
    if (secret !== undefined) return secret;
    throw new Error(
      'INCIDENT_WEBHOOK_SECRET must be whsec_ and the padded base64 of 16 to 75 bytes, or projects/P/secrets/S.',
    );
  }
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
    throw new Error(
      `INCIDENT_WEBHOOK_SECRET is missing: to sign for ${url.host}, set it to the endpoint's secret (whsec_...), or to its name in Secret Manager (projects/P/secrets/S).`,
    );
  }
  const kept = readSecret(folder);
  if (kept !== undefined) return kept;
  throw new Error(
    'there is no secret to sign with: start the local system once (npm start), or set INCIDENT_WEBHOOK_SECRET.',
  );
}

async function readNewest(name: string, env: Environment): Promise<string> {
  const store = secretManagerStore(name, env['SECRET_MANAGER_EMULATOR_HOST'] || undefined, READ_TIMEOUT_MS);
  const { read } = await store.readVersions().catch((error: unknown) => {
    throw new Error(
      `${name} could not be read from Secret Manager: ${escapeControls((error as Error).message)}. Sign in with "gcloud auth application-default login"; you need roles/secretmanager.viewer and secretAccessor on the secret.`,
    );
  });
  const usable = read
    .toSorted((a, b) => Number(b.number) - Number(a.number))
    .map(({ value }) => parseSigningSecret(value))
    .find((secret) => secret !== undefined);
  if (usable !== undefined) return usable;
  throw new Error(`${name} has no ENABLED version that is a usable secret: expected whsec_ and base64. Add one.`);
}
