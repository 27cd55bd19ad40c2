import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../program.ts';
import type { Supervised } from '../supervise.ts';
import type { ServerFolder } from './server-folder.ts';

const READY = 'database system is ready to accept connections';

/**
 * Makes a new cluster.
 * @param owner may do everything in it.
 * @throws Error with what initdb said.
 */
export async function initialise(folder: ServerFolder, owner: string, password: string): Promise<void> {
  // In a file of the server user's own: every user can read the command line of a process.
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (folder.user) await chown(passwordFile, folder.user.uid, folder.user.gid);
  const { child, last, ended } = run(folder, 'initdb', [
    ...[`--pgdata=${folder.data}`, `--username=${owner}`, `--pwfile=${passwordFile}`],
    // Over loopback, which root alone can read, SCRAM would only make every connection slower.
    ...['--auth=password', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    ...['--set=listen_addresses=127.0.0.1', '--set=unix_socket_directories=', '--set=fsync=off'],
  ]);
  await ended;
  await rm(passwordFile);
  if (child.exitCode !== 0) throw failure(last);
}

/**
 * Starts a server on the cluster. After a crash it recovers by itself.
 * @throws Error with what the server said, where it does not start.
 */
export async function serve(folder: ServerFolder, port: number): Promise<Supervised> {
  const ready = Promise.withResolvers<void>();
  // Its other processes write to the same pipe. So `ended` waits for all of them, and until then none may start again.
  const { last, ended, stop } = run(folder, 'postgres', ['-D', folder.data, '-p', String(port)], (line) => {
    if (line.includes(READY)) ready.resolve();
  });
  await Promise.race([ready.promise, ended.then(() => Promise.reject(failure(last)))]);
  // Fast shutdown: connections are closed, not waited for.
  return { ended, stop: () => stop('SIGINT') };
}

/** Runs one of PostgreSQL's programs. */
function run({ path, bin, user }: ServerFolder, program: string, args: string[], onLine?: (line: string) => void) {
  return startProgram(
    join(bin, program),
    args,
    {
      ...(user && { uid: user.uid, gid: user.gid }),
      // The user may not be able to enter the current folder.
      cwd: path,
      // Nothing of the shell's: PG*, a locale that is not installed, a time zone.
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A ctrl-C on the terminal goes to the whole process group, and would take the server before its clients.
      detached: true,
    },
    onLine,
  );
}

/** @param lines what a program wrote last, one of which says why it failed. */
function failure(lines: readonly string[]): Error {
  return new Error(lines.find((line) => /error:|FATAL:|PANIC:/.test(line)) ?? lines.at(-1) ?? 'it says nothing');
}
