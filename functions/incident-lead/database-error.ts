/** The alaner directory could not be read; the message is delivered again. */
export class DatabaseUnavailable extends Error {
  /** An SQLSTATE, a code of Node's network layer, or a word of ours. */
  readonly reason: string;
  /** True where the connection was lost or could not be made, so that the same read may succeed on another one. */
  readonly lostConnection: boolean;

  constructor(reason: string, explanation: string, options: { cause?: unknown; lostConnection?: boolean } = {}) {
    super(`The alaner directory cannot be read: ${explanation} (${reason}).`, { cause: options.cause });
    this.name = 'DatabaseUnavailable';
    this.reason = reason;
    this.lostConnection = options.lostConnection ?? false;
  }
}

const LOST = 'the connection was lost or could not be made';

/** What people have to repair. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  '28000': 'the database does not let the user in',
  '28P01': 'the database does not let the user in',
  '3D000': 'the database does not exist',
  '42501': 'the user has no grant; apply schemas/alaner-directory.sql and grant alaner_directory_reader',
  '42703': 'the view lacks a column; apply schemas/alaner-directory.sql',
  '42P01': 'the view is missing; apply schemas/alaner-directory.sql',
  '53300': 'the server has no connection left',
  '57014': 'the statement took too long',
};

/** SQLSTATE classes: 08 is a connection exception, 57P the operator's intervention (shutdown, crash, starting up). */
const LOST_SQLSTATE = /^(08...|57P0[1-5])$/;
const LOST_CODES = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOTCONN', 'ECONNABORTED']);

/** pg's errors without a code, by their text. */
const WITHOUT_CODE: readonly (readonly [RegExp, string, boolean])[] = [
  [
    /^timeout exceeded when trying to connect|^Connection terminated due to connection timeout/,
    'connect_timeout',
    false,
  ],
  [/^Query read timeout/, 'query_timeout', false],
  [
    /^Connection terminated|^Client has encountered a connection error|client has already been|not queryable/i,
    'connection_lost',
    true,
  ],
];

/** Turns whatever pg, the connector or the network threw into a DatabaseUnavailable. Its text holds no value and no password. */
export function toDatabaseUnavailable(error: unknown): DatabaseUnavailable {
  if (error instanceof DatabaseUnavailable) return error;
  const code = codeOf(error);
  if (code !== undefined) {
    const lostConnection = LOST_SQLSTATE.test(code) || LOST_CODES.has(code);
    const explanation = EXPLANATIONS[code] ?? (lostConnection ? LOST : 'the database refused');
    return new DatabaseUnavailable(code, explanation, { cause: error, lostConnection });
  }
  const text = error instanceof Error ? error.message : '';
  for (const [form, reason, lostConnection] of WITHOUT_CODE) {
    if (form.test(text))
      return new DatabaseUnavailable(reason, lostConnection ? LOST : 'it did not answer in time', {
        cause: error,
        lostConnection,
      });
  }
  return new DatabaseUnavailable('unknown', text || 'for an unknown reason', { cause: error });
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
}
