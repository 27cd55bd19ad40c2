import pg from 'pg';
import { toDatabaseFault } from '../../../functions/incident-lead/postgres/errors.ts';
import { type Supervision, supervise } from '../supervise.ts';
import { newAccess, startPostgres } from './postgres.ts';

/** The alaner directory that the subscriber function reads. */
export interface LocalDirectory {
  readonly url: string;
  /** For people; without a password. */
  readonly description: string;
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens the directory: an embedded PostgreSQL with sample alaners, or the database at `url`, which is left as it is.
 * @param supervision told when the embedded one ends.
 * @throws Error that says what to do where the database cannot be read.
 */
export async function openDirectory(url: string | undefined, supervision: Supervision): Promise<LocalDirectory> {
  if (url === undefined) return openEmbedded(supervision);
  await assertReadable(url);
  return { url, description: `DATABASE_URL, ${withoutPassword(url)}`, stop: async () => {} };
}

async function openEmbedded(supervision: Supervision): Promise<LocalDirectory> {
  const access = await newAccess();
  const { first, stop } = await supervise(
    'the process around PostgreSQL',
    'starting both again with fresh sample data',
    () => startPostgres(access, supervision.onRestart),
    supervision,
  );
  const { readerUrl } = first;
  return { url: readerUrl, description: `embedded PostgreSQL, ${withoutPassword(readerUrl)}`, stop };
}

async function assertReadable(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
    await client.query('select slack_id, email, roles from alaner_directory limit 0');
  } catch (error) {
    const { message, reason } = toDatabaseFault(error);
    throw new Error(`DATABASE_URL (${withoutPassword(url)}): ${message} ${ADVICE[reason] ?? OTHER_ADVICE}`);
  } finally {
    // It may never have been connected.
    await client.end().catch(() => {});
  }
}

const APPLY = 'For a trial, apply schemas/alaner.sql and then schemas/alaner-directory.sql to it with psql.';
const ADVICE: Readonly<Record<string, string>> = {
  '42P01': APPLY,
  '42703': APPLY,
  '42501': 'Grant alaner_directory_reader to the user in the URL.',
  '28P01': 'Correct user and password in the URL.',
  '28000': 'Correct user and password in the URL.',
  '3D000': 'Correct the database name at the end of the URL.',
};
const OTHER_ADVICE = 'Correct the URL, or unset DATABASE_URL: an embedded PostgreSQL is started then.';

function withoutPassword(url: string): string {
  const { username, host, pathname } = new URL(url);
  return `${username}@${host}${pathname}`;
}
