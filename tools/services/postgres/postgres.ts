import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../functions/free-port.ts';
import type { PostgresReport, PostgresSettings } from './postgres-process.ts';

/** A running PostgreSQL server with the alaner directory in it. */
export interface LocalPostgres {
  /** As the owner of the database. */
  readonly ownerUrl: string;
  /** As a user who may do what the function may do: read the view. */
  readonly readerUrl: string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..', '..');
const OWNER = 'alan';
const READER = 'incident_lead';
const PASSWORD = 'local';

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
 * Starts an embedded PostgreSQL on a free port of 127.0.0.1, with the schema, the view and the sample alaners. It ends
 * with this process, whatever ends it, and ctrl-C does not reach it.
 * @throws Error with what the server said, where it does not start; nothing is left behind then.
 */
export async function startPostgres(): Promise<LocalPostgres> {
  const settings: PostgresSettings = {
    // Directly in the temp folder: as root, PostgreSQL runs as another user, who must be able to reach it.
    folder: join(tmpdir(), `incident-lead-postgres-${randomUUID()}`),
    port: await freePort(),
    user: OWNER,
    password: PASSWORD,
  };
  const server = spawn(
    process.execPath,
    [join(import.meta.dirname, 'postgres-process.ts'), JSON.stringify(settings)],
    // Detached: a ctrl-C on the terminal goes to the whole process group, and would take the server before its clients.
    { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(server, 'exit');
  const stop = async (): Promise<void> => {
    if (server.connected) server.disconnect();
    await exited;
  };
  const url = (user: string): string => `postgres://${user}:${PASSWORD}@127.0.0.1:${settings.port}/postgres`;
  try {
    await ready(server);
    await createDirectory(url(OWNER));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ownerUrl: url(OWNER), readerUrl: url(READER), stop };
}

async function ready(server: ChildProcess): Promise<void> {
  const report = await new Promise<PostgresReport>((resolve, reject) => {
    server.once('message', (message) => resolve(message as PostgresReport));
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the process around PostgreSQL ended with exit code ${code}`)));
  });
  if (!report.ready) throw new Error(`The embedded PostgreSQL did not start:\n${report.error}`);
}

/** Loads both schema files and the sample alaners into a database, and makes a user who may read the view. */
export async function createDirectory(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const file of ['alaner.sql', 'alaner-directory.sql'])
      await client.query(await readFile(join(ROOT, 'schemas', file), 'utf8'));
    await client.query(SAMPLE_ALANERS);
    await client.query(`create role ${READER} login password '${PASSWORD}' in role alaner_directory_reader`);
  } finally {
    await client.end();
  }
}
