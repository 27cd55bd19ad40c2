import pg from 'pg';
import type { DatabaseSource } from '../../../shared/config.ts';
import { DatabaseUnavailable } from './errors.ts';
import type { OpenPool } from './pool.ts';

/** Of the 8 s of an answer; the Admin API is asked twice, and asked again where it answers 5xx. */
const LOAD_TIMEOUT_MS = 4_000;

/**
 * Opens a pool on a Cloud SQL instance with IAM authentication. The connector is loaded with the first call.
 *
 * The connector renews its one-hour certificate by a timer, which stands still while Cloud Run gives the instance no CPU, and by itself only
 * after a connection has failed, at most every 30 s. Before its first connection, a renewal that fails is an unhandled rejection and ends the
 * process. So a connector is not kept after a failed connection: pool and connector are made anew, within the same request.
 * @throws DatabaseUnavailable where the instance cannot be looked up. The connector is then left alone: it remembers a failed first load, and
 *   closing it after one raises an unhandled rejection.
 */
export async function openCloudSql(
  source: Extract<DatabaseSource, { kind: 'cloud-sql' }>,
  settings: pg.PoolConfig,
): Promise<OpenPool> {
  const { AuthTypes, Connector, IpAddressTypes } = await import('@google-cloud/cloud-sql-connector');
  const connector = new Connector();
  const loading = connector.getOptions({
    instanceConnectionName: source.instance,
    ipType: IpAddressTypes[source.ipType],
    authType: AuthTypes.IAM,
  });
  const { stream } = await inTime(loading, () => connector.close()).catch((error: unknown) => {
    const explanation = error instanceof Error ? error.message : 'the Cloud SQL instance could not be looked up';
    throw new DatabaseUnavailable('cloud_sql', explanation, { cause: error });
  });
  // `ssl: false`: the stream is TLS already, whatever PGSSLMODE says.
  const pool = new pg.Pool({ ...settings, stream, ssl: false, user: source.user, database: source.database });
  return { pool, closeConnector: () => connector.close() };
}

/** Waits for `work` as long as a load may take; one that succeeds after that is undone. */
function inTime<T>(work: Promise<T>, undo: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('the Cloud SQL Admin API did not answer in time'));
      work.then(undo, () => {});
    }, LOAD_TIMEOUT_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
