import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSigningSecret } from '../../shared/signing-secret.ts';

/** Its name in the folder; only the owner may read it. */
export const SECRET_FILE = 'webhook-secret';
/** As Svix makes them. */
const SECRET_BYTES = 24;

/** The signing secret kept in the folder; made, for the owner's eyes only, where there is none yet. */
export function localSecret(folder: string): string {
  const kept = readSecret(folder);
  if (kept !== undefined) return kept;
  const made = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, SECRET_FILE), `${made}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}

/**
 * The signing secret kept in the folder, or undefined where there is none.
 * @throws Error that says why the one that is there cannot be used.
 */
export function readSecret(folder: string): string | undefined {
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
