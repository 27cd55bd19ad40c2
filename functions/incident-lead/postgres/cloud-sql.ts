import pg from 'pg';
import { deadlineAfter } from '../../../shared/deadline.ts';
import type { CloudSqlSource } from '../config.ts';
import { DatabaseFault } from './errors.ts';

/** A pool, and how to close its connector. */
export interface OpenPool {
  readonly pool: pg.Pool;
  readonly closeConnector: () => void;
}

/**
 * Opens a pool on a Cloud SQL instance with IAM authentication. The connector is loaded on the
 * first call.
 *
 * The connector renews its one-hour certificate on a timer, which stops while Cloud Run gives the
 * instance no CPU. Otherwise it renews only after a connection has failed, at most every 30 s.
 * Before the first connection, a failed renewal is an unhandled rejection and ends the process. So
 * a connector is not kept after a failed connection: pool and connector are replaced within the
 * same request.
 * @param loadMs for the Admin API, which is called twice, and again if it answers 5xx.
 * @throws DatabaseFault if the instance cannot be looked up. The connector is then not closed: it
 *   remembers a failed first load, and closing it would raise an unhandled rejection.
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
    // If it succeeds later, it is closed again.
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
  // `ssl: false`, since the stream already uses TLS, whatever PGSSLMODE says.
  const pool = new pg.Pool({ ...settings, stream, ssl: false, user: source.user, database: source.database });
  return { pool, closeConnector: () => connector.close() };
}

/** Does not repeat the library's text, which may quote a response with an access token. */
function toLoadFault(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error;
  const status = statusOf(error);
  if (status === undefined) {
    return new DatabaseFault(
      'cloud_sql',
      'the Cloud SQL Admin API could not be reached, or there is no access token for it',
      'connection',
    );
  }
  const advice =
    status === 403 || status === 404 ? '; check CLOUD_SQL_INSTANCE and the role roles/cloudsql.client' : '';
  const retry = status >= 500 || status === 429 ? 'connection' : 'never';
  return new DatabaseFault('cloud_sql', `the Cloud SQL Admin API answered HTTP ${status}${advice}`, retry);
}

/** The HTTP status of the Admin API's response, if there was one; not that of a request for an access token. */
function statusOf(error: unknown): number | undefined {
  const { status, code, config } = (error ?? {}) as { status?: unknown; code?: unknown; config?: { url?: unknown } };
  if (config?.url !== undefined && !String(config.url).includes('sqladmin')) return undefined;
  const number = Number(status ?? code);
  return number >= 400 && number < 600 ? number : undefined;
}
