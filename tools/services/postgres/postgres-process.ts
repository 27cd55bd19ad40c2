import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { supervise } from '../supervise.ts';
import { initialise, type Owner, serve } from './server.ts';
import { makeServerFolder } from './server-folder.ts';
import { serverUser } from './server-user.ts';

/**
 * A process around one embedded PostgreSQL. It ends, and takes the server and its folder with it,
 * as soon as its parent closes the channel: by asking it to, or by dying, however that came about.
 * `postgres.ts` starts it.
 */

/** What it is sent, once: not in its arguments, which every user can read. */
export interface PostgresSettings {
  readonly port: number;
  readonly owner: Owner;
}

/** What it sends: first whether the server runs, then what happens to it. */
export type PostgresReport =
  | { readonly type: 'ready'; readonly folder: string }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'notice'; readonly sentence: string };

interface Running {
  readonly folder: string;
  stop(): Promise<void>;
}

async function start({ port, owner }: PostgresSettings): Promise<Running> {
  const user = serverUser();
  const folder = await makeServerFolder(user);
  const remove = (): Promise<void> => rm(folder.path, { recursive: true, force: true });
  const notice = (sentence: string): void => report({ type: 'notice', sentence });
  const onLost = async (sentence: string): Promise<void> => {
    notice(sentence);
    await remove();
    process.exit(1);
  };
  try {
    await initialise(folder, user, owner);
    const server = await supervise(
      'PostgreSQL',
      'starting it again with the same data',
      () => serve(folder, user, port),
      { onRestart: notice, onLost },
    );
    return { folder: folder.path, stop: () => server.stop().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

function report(message: PostgresReport): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when it is asked to end; further signals change nothing. */
function endRequested(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const event of ['disconnect', 'SIGINT', 'SIGTERM', 'SIGHUP']) process.on(event, () => resolve(undefined));
    // The parent may have died while this module was loaded.
    if (!process.connected) resolve(undefined);
  });
}

if (import.meta.main) {
  const ended = endRequested();
  const [settings] = (await Promise.race([once(process, 'message'), ended])) ?? [];
  const started = settings && start(settings as PostgresSettings);
  started?.then(
    ({ folder }: Running) => report({ type: 'ready', folder }),
    ({ message }: Error) => report({ type: 'failed', reason: message }),
  );
  await ended;
  await (await started?.catch(() => undefined))?.stop();
  process.exit(0);
}
