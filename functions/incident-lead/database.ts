import pg from 'pg';
import type { LeadConfig } from '../../shared/config.ts';
import { once } from '../../shared/once.ts';
import type { Query } from './alaners.ts';
import { openCloudSql } from './cloud-sql.ts';
import { DatabaseUnavailable, toDatabaseUnavailable } from './database-error.ts';

/** A pool with what it needs to reach the server; whoever opens it closes it. */
export interface OpenPool {
  readonly pool: pg.Pool;
  /** Whether it should be replaced before it is used again. */
  readonly isStale: () => boolean;
  readonly close: () => Promise<void>;
}

/** Connect, one more try, and the statement have to fit into the 8 s of an answer. */
export const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 3_000;
/** For a host that has gone silent; the server's own limit comes first where there is still a server. */
const QUERY_TIMEOUT_MS = 3_500;
/** Not worth another try with less than this left. */
const MIN_RETRY_MS = 500;
/** The connector fetches a new certificate when a connection fails on an old one; that takes about a second. */
const RETRY_DELAY_MS = { url: 100, 'cloud-sql': 1_000 } as const;

/** Settings that a pool has wherever its server is. */
export function poolSettings(max: number): pg.PoolConfig {
  return {
    max,
    application_name: 'incident-lead',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    // An instance without requests has no CPU to close a connection with; half an hour, then a new one.
    idleTimeoutMillis: 600_000,
    maxLifetimeSeconds: 1_800,
  };
}

/**
 * The database of the alaner directory, opened with the first use and again whenever that failed.
 * A read on a lost connection is tried once more.
 * @param onIdleError is told that a connection died that nobody was using; the pool replaces it.
 * @param settings of the pool, its time limits above all.
 */
export function createDatabase(
  { database, poolMax }: LeadConfig,
  onIdleError: (reason: string) => void,
  settings: pg.PoolConfig = poolSettings(poolMax),
): { query: Query; connect: () => Promise<void> } {
  let open = once(opening);
  let opened: OpenPool | undefined;

  async function opening(): Promise<OpenPool> {
    const made = database.kind === 'url' ? openUrl(database.url, settings) : await openCloudSql(database, settings);
    // Without a listener the death of an idle connection would end the process.
    made.pool.on('error', (error) => onIdleError(toDatabaseUnavailable(error).reason));
    opened = made;
    return made;
  }

  function drop(): void {
    const old = opened;
    opened = undefined;
    open = once(opening);
    old?.close().catch(() => {});
  }

  async function attempt(statement: pg.QueryConfig): Promise<readonly unknown[]> {
    if (opened?.isStale()) drop();
    const { pool } = await open();
    try {
      return (await pool.query(statement)).rows;
    } catch (error) {
      throw toDatabaseUnavailable(error);
    }
  }

  async function query(statement: pg.QueryConfig, remaining: () => number): Promise<readonly unknown[]> {
    const delay = RETRY_DELAY_MS[database.kind];
    try {
      return await attempt(statement);
    } catch (error) {
      const fault = toDatabaseUnavailable(error);
      if (!fault.lostConnection || remaining() < delay + MIN_RETRY_MS) throw fault;
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
    return attempt(statement).catch((error: unknown) => {
      // A connector that failed twice may hold on to what it failed with.
      if (database.kind === 'cloud-sql') drop();
      throw toDatabaseUnavailable(error);
    });
  }

  return {
    query: (statement, deadline) =>
      deadline.race(
        query(statement, () => deadline.remaining()),
        () => new DatabaseUnavailable('deadline', 'it did not answer in time'),
      ),
    connect: async () => {
      const { pool } = await open();
      (await pool.connect()).release();
    },
  };
}

function openUrl(url: string, settings: pg.PoolConfig): OpenPool {
  const pool = new pg.Pool({ ...settings, connectionString: url });
  return { pool, isStale: () => false, close: () => pool.end() };
}
