import { existsSync, mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/**
 * Puts a folder with exactly the files that `fill` writes in the place of `folder`. A reader sees the old files or the
 * new ones, never a part: the new ones are written beside it and moved in by rename. Where nothing changed, nothing is
 * touched.
 * @param fill told the path of an empty folder; no file may lie deeper
 */
export async function replaceFolder(folder: string, fill: (fresh: string) => void | Promise<void>): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  using staging = mkdtempDisposableSync(join(dirname(folder), `.${basename(folder)}-`));
  const fresh = join(staging.path, 'new');
  mkdirSync(fresh);
  await fill(fresh);
  if (!haveSameFiles(folder, fresh)) moveIn(fresh, folder, join(staging.path, 'old'));
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

function haveSameFiles(folder: string, fresh: string): boolean {
  const [before, names] = [existsSync(folder) ? readdirSync(folder) : [], readdirSync(fresh)];
  return (
    isDeepStrictEqual(before.sort(), names.sort()) &&
    names.every((name) => readFileSync(join(folder, name)).equals(readFileSync(join(fresh, name))))
  );
}
