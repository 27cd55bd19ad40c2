import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STICKY = 0o1000;
const WRITABLE_BY_ALL = 0o002;

/**
 * Where temporary folders may go, the best first: TMPDIR may name a folder that is gone, or that
 * others keep for themselves.
 */
const ROOTS = [tmpdir(), '/tmp', '/var/tmp'];

/**
 * Makes a new folder, for the current user alone, in the first place that allows it. A place where
 * every user may rename what is not theirs is passed over: they could put a folder of their own in
 * its stead.
 * @param prepare makes the folder ready for its use; where it throws, the folder is removed and the
 *   next place tried.
 * @throws Error with the reason for each place.
 */
export async function makeTemporaryFolder<T>(prefix: string, prepare: (folder: string) => Promise<T>): Promise<T> {
  const reasons: string[] = [];
  for (const root of new Set(ROOTS)) {
    let folder: string | undefined;
    try {
      const { mode } = statSync(root);
      if (mode & WRITABLE_BY_ALL && !(mode & STICKY)) throw new Error('every user may rename what is in it');
      folder = mkdtempSync(join(root, prefix));
      return await prepare(folder);
    } catch (error) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      reasons.push(`${root}: ${(error as Error).message}`);
    }
  }
  throw new Error(reasons.join('; '));
}
