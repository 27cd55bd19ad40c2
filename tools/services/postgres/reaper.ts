import { existsSync } from 'node:fs';
import { removeServer } from './server.ts';

/**
 * A process that outlives its parent just long enough to end the server of a folder, and to remove the folder, however
 * the parent came to its end. `postgres.ts` starts it.
 */
async function reap(folder: string): Promise<void> {
  // An initdb that is under way may make the folder again.
  do await removeServer(folder);
  while (existsSync(folder));
  process.exit();
}

const [, , folder = ''] = process.argv;
// Only the parent's end counts, which may have come while this module was loaded.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
if (process.connected) process.once('disconnect', () => reap(folder));
else await reap(folder);
