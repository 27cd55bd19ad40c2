import pg from 'pg';

/** The alaner directory could not be read; the message is delivered again. */
export class DatabaseUnavailable extends Error {
  /** An SQLSTATE, a code of Node's network layer, or a word of ours. */
  readonly reason: string;
  /** True where there was no connection, or none could be made, so that the same read may succeed on another one. */
  readonly lostConnection: boolean;

  constructor(reason: string, explanation: string, options: { cause?: unknown; lostConnection?: boolean } = {}) {
    super(`The alaner directory cannot be read: ${explanation} (${reason}).`, { cause: options.cause });
    this.name = 'DatabaseUnavailable';
    this.reason = reason;
    this.lostConnection = options.lostConnection ?? false;
  }
}

/** What the server itself refuses with, and what people have to repair. */
const SERVER_EXPLANATIONS: Readonly<Record<string, string>> = {
  '28000': 'the database does not let the user in',
  '28P01': 'the database does not let the user in',
  '3D000': 'the database does not exist',
  '42501': 'the user has no grant; apply schemas/alaner-directory.sql and grant alaner_directory_reader',
  '42703': 'the view lacks a column; apply schemas/alaner-directory.sql',
  '42P01': 'the view is missing; apply schemas/alaner-directory.sql',
  '53300': 'the server has no connection left',
  '57014': 'the statement took too long',
};

/**
 * SQLSTATE classes: 08 is a connection exception, 57P the operator's intervention (shutdown, crash, starting up), and 28 a refused log-in,
 * which an outdated token of Cloud SQL's IAM authentication leads to as well. 0A000 is what a connection answers for good that has prepared
 * the statement and then saw the view's columns change.
 */
const LOST_SQLSTATE = /^(08...|28...|57P0[1-5]|0A000)$/;

/** pg's errors without a code, by their text. */
const WITHOUT_CODE: readonly (readonly [RegExp, string])[] = [
  [/^timeout exceeded when trying to connect/, 'pool_exhausted'],
  [/^Connection terminated due to connection timeout/, 'connect_timeout'],
  [/^Query read timeout/, 'query_timeout'],
];

/** Turns whatever pg, the connector or the network threw into a DatabaseUnavailable. Its text holds no value and no password. */
export function toDatabaseUnavailable(error: unknown): DatabaseUnavailable {
  if (error instanceof DatabaseUnavailable) return error;
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) {
    const lostConnection = LOST_SQLSTATE.test(code ?? '');
    const explanation =
      SERVER_EXPLANATIONS[code ?? ''] ?? (lostConnection ? 'the server ended the connection' : 'the server refused');
    return new DatabaseUnavailable(code ?? 'server', explanation, { cause: error, lostConnection });
  }
  const text = error instanceof Error ? error.message : '';
  const reason = code ?? WITHOUT_CODE.find(([form]) => form.test(text))?.[1] ?? 'connection_lost';
  if (reason === 'pool_exhausted') {
    return new DatabaseUnavailable(reason, 'all connections of this instance are in use', { cause: error });
  }
  // Whatever the server did not say itself is the fault of a connection.
  return new DatabaseUnavailable(reason, 'there is no connection to the server', {
    cause: error,
    lostConnection: true,
  });
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : undefined;
}
