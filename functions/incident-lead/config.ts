import type pg from 'pg';
import { type Environment, readEnvironment, type Variables } from '../../shared/environment.ts';
import { parseDatabaseUrl } from './postgres/url.ts';

/** Cloud SQL through its connector, with IAM authentication. */
export interface CloudSqlSource {
  readonly kind: 'cloud-sql';
  /** `project:region:instance`. */
  readonly instance: string;
  readonly user: string;
  readonly database: string;
  readonly ipType: 'PRIVATE' | 'PUBLIC' | 'PSC';
}

/** Where the alaner directory is. */
export type DatabaseSource =
  /** To be tried in turn. */
  { readonly kind: 'url'; readonly hosts: readonly pg.ClientConfig[] } | CloudSqlSource;

/** Configuration of the subscriber function. */
export interface LeadConfig {
  readonly database: DatabaseSource;
  /** Schema of the view `alaner_directory`. */
  readonly schema: string;
  /** Connections per instance. */
  readonly poolMax: number;
}

const INSTANCE_NAME = /^[^:\s]+(:[^:\s]+)?:[^:\s]+:[^:\s]+$/;
/** PostgreSQL truncates longer identifiers. */
const MAX_IDENTIFIER_BYTES = 63;

/**
 * Reads what the subscriber function needs.
 * @throws ConfigurationError naming everything that is wrong at once.
 */
export function readLeadConfig(env: Environment): LeadConfig {
  return readEnvironment(env, (variables) => ({
    database: readDatabaseSource(variables),
    schema: readSchema(variables),
    poolMax: readPoolMax(variables),
  }));
}

function readDatabaseSource(variables: Variables): DatabaseSource {
  const url = variables.get('DATABASE_URL');
  // A deployed function may not use the URL, so whatever Cloud SQL needs is missing too.
  if (url === undefined || variables.get('K_SERVICE') !== undefined) return readCloudSqlSource(variables);
  if (variables.get('CLOUD_SQL_INSTANCE') !== undefined) {
    variables.fault('DATABASE_URL', 'must not be set beside CLOUD_SQL_INSTANCE');
  }
  const hosts = parseDatabaseUrl(url);
  if (hosts === undefined) {
    variables.fault('DATABASE_URL', 'must be a URL as libpq takes it: postgres://user:password@host:port/database');
  }
  return { kind: 'url', hosts: hosts ?? [] };
}

function readCloudSqlSource(variables: Variables): CloudSqlSource {
  return {
    kind: 'cloud-sql',
    instance: variables.required('CLOUD_SQL_INSTANCE', INSTANCE_NAME, 'project:region:instance'),
    user: variables.required(
      'DB_USER',
      /^(?!\S*\.gserviceaccount\.com$)\S+$/,
      'the IAM user without .gserviceaccount.com',
    ),
    database: variables.required('DB_NAME', /^\S+$/, 'a database name'),
    ipType: variables.oneOf('DB_IP_TYPE', ['PRIVATE', 'PUBLIC', 'PSC'], 'PRIVATE'),
  };
}

function readSchema(variables: Variables): string {
  const schema = variables.get('DB_SCHEMA') ?? 'public';
  if (schema.includes('\0') || Buffer.byteLength(schema) > MAX_IDENTIFIER_BYTES) {
    variables.fault('DB_SCHEMA', `must be the name of a schema, at most ${MAX_IDENTIFIER_BYTES} bytes`);
  }
  return schema;
}

function readPoolMax(variables: Variables): number {
  const text = variables.get('DB_POOL_MAX') ?? '2';
  if (!/^[1-9][0-9]{0,2}$/.test(text)) variables.fault('DB_POOL_MAX', 'must be a whole number from 1 to 999');
  return Number(text);
}
