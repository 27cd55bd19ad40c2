import pg from 'pg';
import { deadlineAfter } from '../../../shared/deadline.ts';
import type { CloudSqlSource } from '../config.ts';
import { DatabaseFault } from './errors.ts';

/** A pool, and what has to be closed with it. */
export interface OpenPool {
  readonly pool: pg.Pool;
  readonly closeConnector: () => void;
}

/**
 * Opens a pool on a Cloud SQL instance with IAM authentication. The connector is loaded with the first call.
 *
 * The connector renews its one-hour certificate by a timer, which stands still while Cloud Run gives the instance no CPU,
 * and by itself only after a connection has failed, at most every 30 s. Before its first connection, a renewal that fails
 * is an unhandled rejection and ends the process. So a connector is not kept after a failed connection: pool and
 * connector are replaced, within the same request.
 * @param loadMs for the Admin API, which is asked twice, and again where it answers 5xx.
 * @throws DatabaseFault where the instance cannot be looked up. The connector is then left alone: it remembers a failed
 *   first load, and closing it after one raises an unhandled rejection.
 */
export async function openCloudSql(source: CloudSqlSource, settings: pg.PoolConfig, loadMs: number): Promise<OpenPool> {
  const { AuthTypes, Connector, IpAddressTypes } = await import('@google-cloud/cloud-sql-connector');
  const connector = new Connector();
  const loading = connector.getOptions({
    instanceConnectionName: source.instance,
    ipType: IpAddressTypes[source.ipType],
    authType: AuthTypes.IAM,
  });
  const late = (): DatabaseFault => {
    // One that succeeds after that is undone.
    loading.then(
      () => connector.close(),
      () => {},
    );
    return new DatabaseFault('cloud_sql', 'the Cloud SQL Admin API did not answer in time', 'connection');
  };
  const { stream } = await deadlineAfter(loadMs)
    .race(loading, late)
    .catch((error: unknown) => {
      throw toLoadFault(error);
    });
  // `ssl: false`: the stream is TLS already, whatever PGSSLMODE says.
  const pool = new pg.Pool({ ...settings, stream, ssl: false, user: source.user, database: source.database });
  return { pool, closeConnector: () => connector.close() };
}

/** The library's text is not repeated: it may quote an answer's body, and with it an access token. */
function toLoadFault(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error;
  const status = statusOf(error);
  if (status === undefined) {
    return new DatabaseFault('cloud_sql', 'the Cloud SQL Admin API could not be reached', 'connection');
  }
  const advice =
    status === 403 || status === 404 ? '; check CLOUD_SQL_INSTANCE and the role roles/cloudsql.client' : '';
  const retry = status >= 500 || status === 429 ? 'connection' : 'never';
  return new DatabaseFault('cloud_sql', `the Cloud SQL Admin API answered HTTP ${status}${advice}`, retry);
}

/** The HTTP status of an answer, where there was one. */
function statusOf(error: unknown): number | undefined {
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  const number = Number(status ?? code);
  return number >= 400 && number < 600 ? number : undefined;
}
