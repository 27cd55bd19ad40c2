import { SafeClient } from '../../../functions/incident-lead/postgres/client.ts';
import { findAlanersSql } from '../../../functions/incident-lead/postgres/directory.ts';
import { toDatabaseFault } from '../../../functions/incident-lead/postgres/errors.ts';
import { parseDatabaseUrl } from '../../../functions/incident-lead/postgres/url.ts';
import type { Supervision } from '../supervise.ts';
import { startPostgres } from './postgres.ts';

/** A database that somebody else runs. */
export interface GivenDatabase {
  /** As libpq documents it. */
  readonly url: string;
  /** Of the view. */
  readonly schema: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens the alaner directory that the subscriber function reads: an embedded PostgreSQL with sample alaners, or the
 * `given` database, which is left as it is.
 * @returns with a description for people, without a password.
 * @param supervision told when the embedded one ends.
 * @throws Error that says what to do where the database cannot be read.
 */
export async function openDirectory(given: GivenDatabase | undefined, supervision: Supervision) {
  if (given === undefined) {
    const { readerUrl: url, stop } = await startPostgres(supervision);
    return { url, schema: 'public', description: `embedded PostgreSQL, ${describe(url)}`, stop };
  }
  await assertReadable(given);
  return { ...given, description: `DATABASE_URL, ${describe(given.url)}`, stop: async () => {} };
}

/** Reads it as the function does, through each host of the URL until one answers. */
async function assertReadable({ url, schema }: GivenDatabase): Promise<void> {
  let failure: unknown;
  for (const host of parseDatabaseUrl(url) ?? []) {
    const limits = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS };
    const client = new SafeClient({ ...host, ...limits });
    try {
      await client.connect();
      await client.query(findAlanersSql(schema), [[]]);
      return;
    } catch (error) {
      failure = error;
    } finally {
      // It may never have been connected.
      await client.end().catch(() => {});
    }
  }
  throw new Error(`DATABASE_URL (${describe(url)}): the alaner directory cannot be read: ${explain(failure)}`);
}

const APPLY = 'For a trial, apply schemas/alaner.sql and then schemas/alaner-directory.sql to it with psql.';
const LOG_IN = 'Correct user and password in the URL.';
const ADVICE: readonly (readonly [reason: RegExp, advice: string])[] = [
  [/^(42P01|42703|3F000)$/, APPLY],
  [/^42501$/, 'Grant alaner_directory_reader to the user in the URL.'],
  [/^(28P01|28000)$/, LOG_IN],
  [/^3D000$/, 'Correct the database name at the end of the URL.'],
  [/^no_tls$/, 'Leave sslmode out of the URL, or let the server offer TLS.'],
  [
    /CERT|SIGNATURE/,
    "Name the certificate of the server's authority with sslrootcert, or use sslmode=require, which checks none.",
  ],
  [/./, 'Correct the URL, or unset DATABASE_URL: an embedded PostgreSQL is started then.'],
];

function explain(failure: unknown): string {
  const { message, reason } = toDatabaseFault(failure);
  // What has no code of its own says more in the words of pg, such as a missing password.
  const detail = reason === 'connection_lost' ? ` ${(failure as Error).message}.` : '';
  const [, advice = ''] = ADVICE.find(([form]) => form.test(reason)) ?? [];
  return `${message}.${detail} ${advice}`;
}

/** Without a password. */
function describe(url: string): string {
  const hosts = parseDatabaseUrl(url) ?? [];
  const [{ user = '', database = '' } = {}] = hosts;
  const addresses = hosts.map(({ host = 'localhost', port = 5432 }) => `${host}:${port}`);
  return `${user}@${addresses.join()}/${database}`;
}
