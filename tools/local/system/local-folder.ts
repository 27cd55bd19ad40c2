import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSigningSecret } from '../../../shared/signing-secret.ts';

/** What `npm start`, `npm run send` and `npm run story` share; git ignores it. */
export const LOCAL_FOLDER = join(import.meta.dirname, '..', '..', '..', '.local');

const SECRET_FILE = 'webhook-secret';
/** As Svix makes them. */
const SECRET_BYTES = 24;

/** The signing secret kept in the folder; made, for the owner's eyes only, where there is none yet. */
export function localSecret(folder: string): string {
  mkdirSync(folder, { recursive: true });
  try {
    const made = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
    writeFileSync(join(folder, SECRET_FILE), `${made}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const kept = readSecret(folder);
  if (kept !== undefined) return kept;
  throw new Error(
    `${join(folder, SECRET_FILE)} holds no usable secret: expected whsec_ and the base64 of 16 to 75 bytes. Delete the file; a new one is made.`,
  );
}

/** The signing secret kept in the folder, or undefined where there is none. */
export function readSecret(folder: string): string | undefined {
  try {
    return parseSigningSecret(readFileSync(join(folder, SECRET_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}
