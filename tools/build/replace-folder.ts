import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A folder's files by name; none lies deeper. */
export type FolderContent = ReadonlyMap<string, Uint8Array | string>;

/**
 * Puts a folder of exactly these files in the place of `folder`. A reader sees the old files or the new ones, never a
 * part: the new ones are written beside it and moved in by rename. Where nothing changed, nothing is touched.
 */
export function replaceFolder(folder: string, content: FolderContent): void {
  if (holdsExactly(folder, content)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const staging = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  try {
    const fresh = join(staging, 'new');
    mkdirSync(fresh);
    for (const [name, bytes] of content) writeFileSync(join(fresh, name), bytes);
    moveIn(fresh, folder, join(staging, 'old'));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function moveIn(fresh: string, folder: string, old: string): void {
  if (existsSync(folder)) renameSync(folder, old);
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another build put its own folder there between the two renames; it was made from the same sources.
    if (!existsSync(folder)) throw error;
  }
}

function holdsExactly(folder: string, content: FolderContent): boolean {
  if (!existsSync(folder) || readdirSync(folder).length !== content.size) return false;
  return [...content].every(([name, bytes]) => {
    const path = join(folder, name);
    return existsSync(path) && readFileSync(path).equals(Buffer.from(bytes));
  });
}
