import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const LOCAL = join(ROOT, '.local');

/** Sources of two small functions, laid out like the repository. */
export const FIXTURE = join(import.meta.dirname, 'fixture');

/** A new folder inside the repository, so that packages are found from it; the caller removes it. */
export function temporaryFolder(): string {
  mkdirSync(LOCAL, { recursive: true });
  return mkdtempSync(join(LOCAL, 'build-'));
}

/** A new folder that can be built: the fixture, with the repository's lock file. */
export function buildableFolder(): string {
  const folder = temporaryFolder();
  cpSync(FIXTURE, folder, { recursive: true });
  cpSync(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'));
  return folder;
}
