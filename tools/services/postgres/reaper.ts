import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

// A process that outlives its parent just long enough to end the server of a folder, and to remove the folder, however
// the parent came to its end. `postgres.ts` starts it.

const POLL_MS = 100;
const WAIT_MS = 10_000;
const [, , folder = ''] = process.argv;

/** Ends the server of the folder, whoever started it, and removes the folder. */
async function removeServer(): Promise<void> {
  try {
    const pid = Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    const until = performance.now() + WAIT_MS;
    // Immediate shutdown, then until it is gone; where nobody reaps it, its process id stays.
    for (process.kill(pid, 'SIGQUIT'); performance.now() < until; process.kill(pid, 0)) await sleep(POLL_MS);
  } catch {
    // No server runs, or none any longer.
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

// Only the parent's end counts, which closes the pipe.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
await text(process.stdin);
// An initdb that is under way may make the folder again.
do await removeServer();
while (existsSync(folder));
