import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../functions/free-port.ts';
import { startProgram } from '../program.ts';
import { forgetOtherServers } from '../shell-environment.ts';
import { type Supervision, supervise } from '../supervise.ts';
import { initialise, serve } from './server.ts';
import { makeServerFolder, serverUser } from './server-folder.ts';

/** A running PostgreSQL server with the alaner directory in it. */
export type LocalPostgres = Awaited<ReturnType<typeof startPostgres>>;

const ROOT = join(import.meta.dirname, '..', '..', '..');
const OWNER = 'alan';
const READER = 'incident_lead';
const UNWATCHED: Supervision = { onRestart: () => {}, onLost: () => {} };

/** The sample alaners of local runs; the last one is the lead in incident.io's own example. */
export const SAMPLE_ALANERS = `
  insert into alaner (id, email, slack_id) values
    ('00000000-0000-4000-8000-000000000001', 'ada@example.com', 'U01LEAD'),
    ('00000000-0000-4000-8000-000000000002', 'grace@example.com', 'U02MANAGER'),
    ('00000000-0000-4000-8000-000000000003', 'lisa@example.com', 'U02AYNF2XJM')
  on conflict (id) do nothing;
  insert into alaner_role (alaner_id, role_name) values
    ('00000000-0000-4000-8000-000000000002', 'AlanToolsBackendIamManager')
  on conflict do nothing;
`;

/**
 * Starts an embedded PostgreSQL on 127.0.0.1, with the schema, the view and the sample alaners. It
 * ends with this process, whatever ends it, and ctrl-C does not reach it. Killed alone, it starts
 * again with the same data.
 * @throws Error with what the server said, where it does not start; nothing is left behind then.
 */
export async function startPostgres(supervision: Supervision = UNWATCHED) {
  forgetOtherServers();
  const [port, ownerPassword, readerPassword] = [await freePort(), newPassword(), newPassword()];
  const url = (user: string, password: string): string => `postgres://${user}:${password}@127.0.0.1:${port}/postgres`;
  const ownerUrl = url(OWNER, ownerPassword);
  const started = new AsyncDisposableStack();
  try {
    const folder = await makeServerFolder(serverUser());
    started.defer(startReaper(folder.path));
    started.defer(() => rm(folder.path, { recursive: true, force: true }));
    await initialise(folder, OWNER, ownerPassword);
    const again = 'starting it again with the same data';
    const server = await supervise('PostgreSQL', again, () => serve(folder, port), supervision);
    started.defer(server.stop);
    await createDirectory(ownerUrl, readerPassword);
  } catch (error) {
    await started.disposeAsync();
    throw new Error(`The embedded PostgreSQL did not start: ${(error as Error).message}`, { cause: error });
  }
  return {
    /** As the owner of the database. */
    ownerUrl,
    /** As a user who may do what the function may do: read the view. */
    readerUrl: url(READER, readerPassword),
    /** Stops the server and removes its files. */
    stop: () => started.disposeAsync(),
  };
}

/** Starts what ends the server and removes its folder when this process has ended; returns the way to end it. */
function startReaper(folder: string): () => Promise<void> {
  const args = [join(import.meta.dirname, 'reaper.ts'), folder];
  const { child, ended } = startProgram(process.execPath, args, {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  return async () => {
    child.stdin?.destroy();
    await ended;
  };
}

function newPassword(): string {
  return randomBytes(18).toString('base64url');
}

/** Connects; `await using` ends the connection again. */
export async function connectTo(url: string) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end().catch(() => {}) });
}

/** Crashes one server process with SIGKILL, upon which PostgreSQL ends all others, recovers and starts again. */
export async function crashPostgres({ ownerUrl }: LocalPostgres): Promise<void> {
  await using client = await connectTo(ownerUrl);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  for (const { pid } of rows) process.kill(pid, 'SIGKILL');
}

/** Applies both files of the alaner directory. */
export async function applySchema(client: pg.Client): Promise<void> {
  for (const file of ['alaner.sql', 'alaner-directory.sql'])
    await client.query(await readFile(join(ROOT, 'schemas', file), 'utf8'));
}

/** Loads the schema and the sample alaners into a database, and makes a user who may read the view. */
async function createDirectory(ownerUrl: string, readerPassword: string): Promise<void> {
  await using client = await connectTo(ownerUrl);
  await applySchema(client);
  await client.query(SAMPLE_ALANERS);
  await client.query(`create role ${READER} login password '${readerPassword}' in role alaner_directory_reader`);
}
