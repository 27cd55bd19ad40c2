import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { LeadConfig } from '../../../shared/config.ts';
import type { Deadline } from '../../../shared/deadline.ts';
import { once } from '../../../shared/once.ts';
import type { Query } from '../directory.ts';
import { openCloudSql } from './cloud-sql.ts';
import { DatabaseUnavailable, toDatabaseUnavailable } from './errors.ts';

/** A pool, and what has to be closed with it. */
export interface OpenPool {
  readonly pool: pg.Pool;
  readonly closeConnector: () => void;
}

/** Connect, one more try, and the statement have to fit into the 8 s of an answer. */
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 3_000;
/** For a host that has gone silent; the server's own limit comes first where there is still a server. */
const QUERY_TIMEOUT_MS = 3_500;
const RETRY_DELAY_MS = 100;
/** Not worth another try with less than this left. */
const MIN_RETRY_MS = 500;
/** Whoever waits for a connection of an abandoned pool has given up by then. */
const END_DELAY_MS = 2 * CONNECT_TIMEOUT_MS;

/**
 * The database of the alaner directory, opened with the first use.
 * After a connection was lost or could not be made the pool is replaced, since its other connections lead the same way, and the read is
 * tried once more.
 * @param onIdleError is told that a connection died that nobody was using; the pool replaces it.
 * @param settings of the pool, its time limits above all.
 */
export function createDatabase(
  { database, poolMax }: LeadConfig,
  onIdleError: (reason: string) => void,
  settings: pg.PoolConfig = poolSettings(poolMax),
): { query: Query; connect: () => Promise<void> } {
  let open = once(opening);

  async function opening(): Promise<OpenPool> {
    const opened = database.kind === 'url' ? openUrl(database.url, settings) : await openCloudSql(database, settings);
    // Without a listener the death of an idle connection would end the process.
    opened.pool.on('error', (error) => onIdleError(toDatabaseUnavailable(error).reason));
    return opened;
  }

  async function use<T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const current = open;
    const opened = await current();
    try {
      return await work(opened.pool);
    } catch (error) {
      const fault = toDatabaseUnavailable(error);
      if (fault.lostConnection && open === current) {
        open = once(opening);
        abandon(opened);
      }
      throw fault;
    }
  }

  async function read(statement: pg.QueryConfig, deadline: Deadline): Promise<readonly unknown[]> {
    const attempt = () => use(async (pool) => (await pool.query(statement)).rows);
    try {
      return await attempt();
    } catch (error) {
      const retry = error instanceof DatabaseUnavailable && error.lostConnection && deadline.remaining() > MIN_RETRY_MS;
      if (!retry) throw error;
    }
    await sleep(RETRY_DELAY_MS);
    return attempt();
  }

  return {
    query: (statement, deadline) =>
      deadline.race(
        read(statement, deadline),
        () => new DatabaseUnavailable('deadline', 'the server did not answer in time'),
      ),
    connect: () => use(async (pool) => (await pool.connect()).release()),
  };
}

/** Settings that a pool has wherever its server is. */
export function poolSettings(max: number): pg.PoolConfig {
  return {
    max,
    application_name: 'incident-lead',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // An instance without requests has no CPU to close a connection with; half an hour, then a new one.
    idleTimeoutMillis: 600_000,
    maxLifetimeSeconds: 1_800,
  };
}

function openUrl(url: string, settings: pg.PoolConfig): OpenPool {
  return { pool: new pg.Pool({ ...settings, connectionString: url }), closeConnector: () => {} };
}

function abandon({ pool, closeConnector }: OpenPool): void {
  // At once: what failed has the connector renew its certificate, see cloud-sql.ts.
  closeConnector();
  setTimeout(() => void pool.end().catch(() => {}), END_DELAY_MS).unref();
}
