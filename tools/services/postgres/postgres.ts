import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../functions/free-port.ts';
import { forgetOtherServers } from '../shell-environment.ts';
import { howItEnds, type Supervised } from '../supervise.ts';
import type { PostgresReport, PostgresSettings } from './postgres-process.ts';
import { removeServer } from './server.ts';

/** A running PostgreSQL server with the alaner directory in it. */
export interface LocalPostgres extends Supervised {
  /** As the owner of the database. */
  readonly ownerUrl: string;
  /** As a user who may do what the function may do: read the view. */
  readonly readerUrl: string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

/** What the URLs of a server are made of. */
export interface PostgresAccess {
  readonly port: number;
  readonly ownerPassword: string;
  readonly readerPassword: string;
}

const ROOT = join(import.meta.dirname, '..', '..', '..');
const OWNER = 'alan';
const READER = 'incident_lead';

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

/** A free port and new passwords. */
export async function newAccess(): Promise<PostgresAccess> {
  const password = (): string => randomBytes(18).toString('base64url');
  return { port: await freePort(), ownerPassword: password(), readerPassword: password() };
}

/**
 * Starts an embedded PostgreSQL on 127.0.0.1, with the schema, the view and the sample alaners. It
 * ends with this process, whatever ends it, and ctrl-C does not reach it. Killed alone, it starts
 * again with the same data.
 * @param access so that a second server can take the place of a first.
 * @param onNotice told, in a sentence, when it ends and starts again.
 * @throws Error with what the server said, where it does not start; nothing is left behind then.
 */
export async function startPostgres(
  access?: PostgresAccess,
  onNotice: (sentence: string) => void = () => {},
): Promise<LocalPostgres> {
  forgetOtherServers();
  const { port, ownerPassword, readerPassword } = access ?? (await newAccess());
  const guard = fork(join(import.meta.dirname, 'postgres-process.ts'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A ctrl-C on the terminal goes to the whole process group, and would take the server before its clients.
    detached: true,
  });
  let folder: string | undefined;
  const ended = howItEnds(guard).then(async (how) => {
    // Where the process around the server was killed, the server still runs.
    if (folder !== undefined) await removeServer(folder);
    return how;
  });
  const stop = async (): Promise<void> => {
    if (guard.connected) guard.disconnect();
    await ended;
  };
  const url = (user: string, password: string): string => `postgres://${user}:${password}@127.0.0.1:${port}/postgres`;
  const ownerUrl = url(OWNER, ownerPassword);
  try {
    guard.send({ port, owner: { name: OWNER, password: ownerPassword } } satisfies PostgresSettings);
    folder = await ready(guard, ended);
    guard.on('message', (report: PostgresReport) => report.type === 'notice' && onNotice(report.sentence));
    await createDirectory(ownerUrl, readerPassword);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ownerUrl, readerUrl: url(READER, readerPassword), ended, stop };
}

/** The folder of the server, once it runs. */
async function ready(guard: ChildProcess, ended: Promise<string>): Promise<string> {
  const message = new Promise<PostgresReport>((resolve) => guard.once('message', resolve));
  const report = await Promise.race([message, ended]);
  if (typeof report !== 'string' && report.type === 'ready') return report.folder;
  const reason = typeof report !== 'string' && 'reason' in report ? report.reason : `the process around it ${report}`;
  throw new Error(`The embedded PostgreSQL did not start: ${reason}`);
}

/** Loads both schema files and the sample alaners into a database, and makes a user who may read the view. */
async function createDirectory(ownerUrl: string, readerPassword: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const file of ['alaner.sql', 'alaner-directory.sql'])
      await client.query(await readFile(join(ROOT, 'schemas', file), 'utf8'));
    await client.query(SAMPLE_ALANERS);
    await client.query(`create role ${READER} login password '${readerPassword}' in role alaner_directory_reader`);
  } finally {
    await client.end();
  }
}
