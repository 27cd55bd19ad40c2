import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRET_NAME } from '../../functions/incident-webhook/config.ts';
import { secretManagerStore } from '../../functions/incident-webhook/secret-manager.ts';
import type { Environment } from '../../shared/environment.ts';
import { escapeControls } from '../../shared/escape-controls.ts';
import { parseSigningSecret } from '../../shared/signing-secret.ts';

/** Name of the file, in the folder of a local system, that keeps its secret; only the owner may read it. */
export const SECRET_FILE = 'webhook-secret';
/** As Svix makes them. */
const SECRET_BYTES = 24;
/** From a laptop, credentials included. */
const READ_TIMEOUT_MS = 10_000;

/** The signing secret kept in the folder; made, for the owner's eyes only, where there is none yet. */
export function localSecret(folder: string): string {
  const kept = readKept(folder);
  if (kept !== undefined) return kept;
  const made = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, SECRET_FILE), `${made}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}

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
  const kept = readKept(folder);
  if (kept !== undefined) return kept;
  throw new Error(
    'there is no secret to sign with: start the local system once (npm start), or set INCIDENT_WEBHOOK_SECRET.',
  );
}

/** The secret kept in the folder, undefined where there is none; throws if the one that is there cannot be used. */
function readKept(folder: string): string | undefined {
  const file = join(folder, SECRET_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(
      `${file} cannot be read (${code}): let your user read it, or delete it, and npm start makes a new one.`,
    );
  }
  const secret = parseSigningSecret(text);
  if (secret !== undefined) return secret;
  throw new Error(
    `${file} holds no usable secret: expected whsec_ and the base64 of 16 to 75 bytes. Delete the file, and npm start makes a new one.`,
  );
}

async function readNewest(name: string, env: Environment): Promise<string> {
  const store = secretManagerStore(name, env['SECRET_MANAGER_EMULATOR_HOST'] || undefined, READ_TIMEOUT_MS);
  const { read } = await store.readVersions().catch((error: Error) => {
    throw new Error(
      `${name} could not be read from Secret Manager: ${escapeControls(error.message)}. Sign in with "gcloud auth application-default login"; you need roles/secretmanager.viewer and secretAccessor on the secret.`,
    );
  });
  // The newest comes first.
  const usable = read.map(({ value }) => parseSigningSecret(value)).find((secret) => secret !== undefined);
  if (usable !== undefined) return usable;
  throw new Error(`${name} has no ENABLED version that is a usable secret: expected whsec_ and base64. Add one.`);
}
