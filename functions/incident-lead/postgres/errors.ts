import pg from 'pg';
import { DirectoryUnavailable } from '../directory.ts';

/**
 * Whether the same read may succeed on another connection: `never` if the server has decided;
 * `once` if it ended this connection; `connection` if there was none or it broke, which may last
 * while an instance starts.
 */
export type Retry = 'never' | 'once' | 'connection';

/** A failed read of the directory. */
export class DatabaseFault extends DirectoryUnavailable {
  readonly retry: Retry;

  constructor(reason: string, explanation: string, retry: Retry = 'never') {
    super(reason, explanation);
    this.name = 'DatabaseFault';
    this.retry = retry;
  }
}

/** The server's own refusals, and what people must fix. */
const SERVER_EXPLANATIONS: Readonly<Record<string, string>> = {
  '28000': 'the database refuses the login',
  '28P01': 'the database refuses the login',
  '3D000': 'the database does not exist',
  '3F000': 'the schema is missing; set DB_SCHEMA, or apply schemas/alaner-directory.sql',
  '42501': 'the user has no grant; apply schemas/alaner-directory.sql and grant alaner_directory_reader',
  '42703': 'the view lacks a column; apply schemas/alaner-directory.sql',
  '42P01': 'the view is missing; apply schemas/alaner-directory.sql, or set DB_SCHEMA',
  '53300': 'the server has no connection left',
  '57014': 'the statement took too long',
};

/**
 * SQLSTATE classes: 08 is a connection exception, 57P an operator intervention (shutdown, crash,
 * starting up), and 28 a refused login, which an expired token of Cloud SQL's IAM authentication
 * causes too. 26000, 42P05 and 0A000 mean that a pooler between us and the server lost, kept or
 * outlived a prepared statement.
 */
const LOST_SQLSTATE = /^(08...|28...|57P0[1-5]|26000|42P05|0A000)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Error codes of Node's network layer, TLS and the resolver. */
const NODE_CODE = /^[A-Z][A-Z0-9_]{1,50}$/;

/** pg's errors without a code, by their text. */
const WITHOUT_CODE: readonly (readonly [RegExp, DatabaseFault])[] = [
  [
    /^timeout exceeded when trying to connect/,
    new DatabaseFault('pool_exhausted', 'all connections of this instance are in use'),
  ],
  [
    /^The server does not support SSL connections/,
    new DatabaseFault('no_tls', 'the server has no TLS, which sslmode asks for'),
  ],
  [
    /^Connection terminated due to connection timeout/,
    new DatabaseFault('connect_timeout', 'there is no connection to the server', 'connection'),
  ],
  [
    /^Query read timeout/,
    new DatabaseFault('query_timeout', 'the server did not answer the query in time', 'connection'),
  ],
];

/**
 * Turns any error of pg, the connector or the network into a fault. From a server or a library it
 * takes only a well-formed code: no text, no value, no password.
 */
export function toDatabaseFault(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error;
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) return serverFault(SQLSTATE.test(code ?? '') ? (code ?? '') : 'server');
  const text = error instanceof Error ? error.message : '';
  const known = WITHOUT_CODE.find(([form]) => form.test(text))?.[1];
  if (code === undefined && known !== undefined) return known;
  // Any error that does not come from the server is a connection error.
  const reason = code !== undefined && NODE_CODE.test(code) ? code : 'connection_lost';
  return new DatabaseFault(reason, 'there is no connection to the server', 'connection');
}

function serverFault(code: string): DatabaseFault {
  const retry = LOST_SQLSTATE.test(code) ? 'once' : 'never';
  const fallback = retry === 'once' ? 'the server ended the connection' : 'the server refused';
  return new DatabaseFault(code, SERVER_EXPLANATIONS[code] ?? fallback, retry);
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : undefined;
}
