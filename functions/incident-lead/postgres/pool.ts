import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Deadline } from '../../../shared/deadline.ts';
import { replaceable } from '../../../shared/replaceable.ts';
import type { LeadConfig } from '../config.ts';
import { SafeClient } from './client.ts';
import { type OpenPool, openCloudSql } from './cloud-sql.ts';
import { DatabaseFault, toDatabaseFault } from './errors.ts';

/** In milliseconds. */
export interface PoolLimits {
  readonly connectMs: number;
  readonly statementMs: number;
  /** For a host that has gone silent; a live server's own limit ends the statement first. */
  readonly queryMs: number;
  /** Before the first retry; each further retry waits this much longer. */
  readonly retryMs: number;
  /** To look up a Cloud SQL instance. */
  readonly instanceMs: number;
}

/** A database that is opened on first use. */
export interface Database {
  /**
   * Runs one statement, and once more on a new connection if the first was lost.
   * @throws DatabaseFault if there is no result by the deadline.
   */
  query(statement: pg.QueryArrayConfig, deadline: Deadline): Promise<pg.QueryArrayResult<unknown[]>>;
  /** Opens a connection ahead of the first statement. */
  connect(): Promise<void>;
  /** False until the first connection to Cloud SQL succeeds. */
  wasReached(): boolean;
}

/** A retry is not worth it with less than this share of `connectMs` left. */
const MIN_RETRY_SHARE = 0.25;
const MAX_RETRY_DELAYS = 10;

/**
 * Opens the database of the alaner directory. When a connection is lost or cannot be made, the pool
 * is replaced, since its other connections go to the same place, and the statement is retried once;
 * before the first successful connection, as often as the deadline allows; through each host of a URL.
 * @param onIdleError called when an unused connection dies; the pool replaces it.
 */
export function openDatabase(
  { database, poolMax }: LeadConfig,
  limits: PoolLimits,
  onIdleError: (reason: string) => void,
): Database {
  const settings = poolSettings(poolMax, limits);
  let opened = 0;
  // Only the network to Cloud SQL may come up later than the instance.
  let reached = database.kind === 'url';
  const hosts = database.kind === 'url' ? database.hosts.length : 1;

  const pools = replaceable(
    async (): Promise<OpenPool> => {
      const open =
        database.kind === 'url'
          ? openHost(database.hosts, settings, opened++)
          : await openCloudSql(database, settings, limits.instanceMs);
      // Without a listener, a dying idle connection would end the process.
      open.pool.on('error', (error) => onIdleError(toDatabaseFault(error).reason));
      open.pool.on('connect', () => {
        reached = true;
      });
      return open;
    },
    ({ pool }) => pool.end(),
    // By then, nobody waits for a connection of a replaced pool any more.
    2 * limits.connectMs,
  );

  async function use<Result>(work: (pool: pg.Pool) => Promise<Result>): Promise<Result> {
    const used = pools.current();
    const { pool, closeConnector } = await used;
    try {
      return await work(pool);
    } catch (error) {
      const fault = toDatabaseFault(error);
      if (fault.retry !== 'never') {
        // At once: a failed connection makes the connector renew its certificate, see cloud-sql.ts.
        closeConnector();
        pools.replace(used);
      }
      throw fault;
    }
  }

  async function read(statement: pg.QueryArrayConfig, deadline: Deadline): Promise<pg.QueryArrayResult<unknown[]>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await use((pool) => pool.query(statement));
      } catch (error) {
        const { retry } = toDatabaseFault(error);
        const another = retry === 'connection' && (!reached || attempt < hosts);
        const again = another || (retry !== 'never' && attempt === 1);
        if (!again || deadline.remaining() <= limits.connectMs * MIN_RETRY_SHARE) throw error;
      }
      await sleep(limits.retryMs * Math.min(attempt, MAX_RETRY_DELAYS));
    }
  }

  return {
    query: (statement, deadline) =>
      deadline.race(
        read(statement, deadline),
        () => new DatabaseFault('deadline', 'the server did not answer in time'),
      ),
    connect: () => use(async (pool) => (await pool.connect()).release()),
    wasReached: () => reached,
  };
}

/** Settings of every pool, wherever its server is. */
function poolSettings(max: number, { connectMs, statementMs, queryMs }: PoolLimits): pg.PoolConfig {
  return {
    Client: SafeClient,
    max,
    application_name: 'incident-lead',
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: queryMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // An instance without requests has no CPU to close connections, so each lives for half an hour
    // at most.
    idleTimeoutMillis: 600_000,
    maxLifetimeSeconds: 1_800,
  };
}

/** @param attempt counts from 0; each attempt uses the next of the URL's hosts. */
function openHost(hosts: readonly pg.ClientConfig[], settings: pg.PoolConfig, attempt: number): OpenPool {
  return { pool: new pg.Pool({ ...settings, ...hosts[attempt % hosts.length] }), closeConnector: () => {} };
}
