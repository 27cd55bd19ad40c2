import pg from 'pg';
import type { DatabaseSource } from '../../shared/config.ts';
import type { OpenPool } from './database.ts';
import { DatabaseUnavailable } from './database-error.ts';

/**
 * The connector renews its one-hour certificate by a timer, which stands still while Cloud Run gives the instance no CPU.
 * Older than this and idle, pool and connector are made anew instead of failing on an old certificate.
 */
const MAX_AGE_MS = 45 * 60_000;
const LOAD_TIMEOUT_MS = 4_000;

/**
 * Opens a pool on a Cloud SQL instance with IAM authentication. The connector is loaded with the first call.
 * @throws DatabaseUnavailable where the instance cannot be looked up. The connector is then left alone: it remembers a failed first load, and
 *   closing it after one raises an unhandled rejection.
 */
export async function openCloudSql(
  source: Extract<DatabaseSource, { kind: 'cloud-sql' }>,
  settings: pg.PoolConfig,
): Promise<OpenPool> {
  const { AuthTypes, Connector, IpAddressTypes } = await import('@google-cloud/cloud-sql-connector');
  const connector = new Connector();
  const { stream } = await inTime(
    connector.getOptions({
      instanceConnectionName: source.instance,
      ipType: IpAddressTypes[source.ipType],
      authType: AuthTypes.IAM,
    }),
  ).catch((error: unknown) => {
    throw new DatabaseUnavailable(
      'cloud_sql',
      error instanceof Error ? error.message : 'the instance could not be looked up',
      { cause: error },
    );
  });
  const pool = new pg.Pool({ ...settings, stream, user: source.user, database: source.database });
  const madeAt = performance.now();
  return {
    pool,
    isStale: () => performance.now() - madeAt > MAX_AGE_MS && pool.totalCount === pool.idleCount,
    async close() {
      await pool.end();
      connector.close();
    },
  };
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('the Cloud SQL Admin API did not answer in time')),
      LOAD_TIMEOUT_MS,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
