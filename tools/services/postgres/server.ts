import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { howItEnds, type Supervised } from '../supervise.ts';
import type { ServerFolder, ServerUser } from './server-folder.ts';

const READY = 'database system is ready to accept connections';
/** After a SIGKILL the server's other processes end by themselves, and until then no new one may start. */
const OTHERS_STILL_END = /pre-existing shared memory block|lock file "postmaster.pid" already exists/;
const RETRY_FOR_MS = 10_000;
const RETRY_EVERY_MS = 100;

/**
 * Makes a new cluster.
 * @param owner may do everything in it.
 * @throws Error with what initdb said.
 */
export async function initialise(
  folder: ServerFolder,
  user: ServerUser | undefined,
  owner: string,
  password: string,
): Promise<void> {
  // In a file of the server user's own: every user can read the command line of a process.
  const passwordFile = join(folder.path, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const { child, reason } = run(folder, user, 'initdb', [
    ...[`--pgdata=${folder.data}`, `--username=${owner}`, `--pwfile=${passwordFile}`],
    // Over loopback, which root alone can read, SCRAM would only make every connection slower.
    ...['--auth=password', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    ...['--set=listen_addresses=127.0.0.1', '--set=unix_socket_directories=', '--set=fsync=off'],
  ]);
  const [code] = await once(child, 'close');
  await rm(passwordFile);
  if (code !== 0) throw new Error(reason());
}

/**
 * Starts a server on the cluster. After a crash it recovers by itself.
 * @throws Error with what the server said, where it does not start.
 */
export async function serve(folder: ServerFolder, user: ServerUser | undefined, port: number): Promise<Supervised> {
  const until = performance.now() + RETRY_FOR_MS;
  for (;;) {
    const { child, lines, reason } = run(folder, user, 'postgres', ['-D', folder.data, '-p', String(port)]);
    const ended = howItEnds(child);
    const closed = once(child, 'close');
    const ready = new Promise((resolve) => lines.on('line', (line) => line.includes(READY) && resolve(true)));
    // Fast shutdown: connections are closed, not waited for.
    const stop = async (): Promise<void> => {
      child.kill('SIGINT');
      await ended;
    };
    if ((await Promise.race([ready, closed])) === true) return { ended, stop };
    if (!OTHERS_STILL_END.test(reason()) || performance.now() > until) throw new Error(reason());
    await sleep(RETRY_EVERY_MS);
  }
}

/** Ends the server of a folder, whoever started it, and removes the folder. */
export async function removeServer(path: string): Promise<void> {
  try {
    const pid = Number((await readFile(join(path, 'data', 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
    const until = performance.now() + RETRY_FOR_MS;
    // Immediate shutdown, then until it is gone; where nobody reaps it, its process id stays.
    for (process.kill(pid, 'SIGQUIT'); performance.now() < until; process.kill(pid, 0)) await sleep(RETRY_EVERY_MS);
  } catch {
    // No server runs, or none any longer.
  }
  await rm(path, { recursive: true, force: true, maxRetries: 10 });
}

/** Runs one of PostgreSQL's programs; `reason` is the line of its output that says why it failed. */
function run({ path, bin }: ServerFolder, user: ServerUser | undefined, program: string, args: readonly string[]) {
  const child = spawn(join(bin, program), args, {
    ...(user && { uid: user.uid, gid: user.gid }),
    // The user may not be able to enter the current folder.
    cwd: path,
    // Nothing of the shell's: PG*, a locale that is not installed, a time zone.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A ctrl-C on the terminal goes to the whole process group, and would take the server before its clients.
    detached: true,
  });
  const lines = createInterface({ input: child.stderr });
  const last: string[] = [];
  lines.on('line', (line) => {
    last.push(line);
    if (last.length > 20) last.shift();
  });
  const reason = (): string =>
    last.find((line) => /error:|FATAL:|PANIC:/.test(line)) ?? last.at(-1) ?? 'it says nothing';
  return { child, lines, reason };
}
