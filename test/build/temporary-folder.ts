import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

const LOCAL = join(import.meta.dirname, '..', '..', '.local');

/** A new folder inside the repository, so that packages are found from it; the caller removes it. */
export function temporaryFolder(): string {
  mkdirSync(LOCAL, { recursive: true });
  return mkdtempSync(join(LOCAL, 'build-'));
}
