import type { Answer } from '../../shared/answer.ts';
import type { LogLevel } from '../../shared/environment.ts';
import type { LogLine } from '../../shared/log-line.ts';
import { stackOf } from '../../shared/stack.ts';

interface Outcome {
  /** HTTP status. */
  readonly status: number;
  readonly outcome: 'published' | 'ignored' | 'rejected' | 'unavailable' | 'failed';
  readonly level: LogLevel;
  /** What the log says; a refused sender is told the same. */
  readonly title: string;
  /** The reason in the log, if it is not the key in the table. */
  readonly reason?: string;
}

const ignored = (level: LogLevel, title: string): Outcome => ({ status: 204, outcome: 'ignored', level, title });
const rejected = (status: number, level: LogLevel, title: string): Outcome => ({
  status,
  outcome: 'rejected',
  level,
  title,
});
const UNAUTHENTICATED = rejected(401, 'warn', 'The request could not be authenticated.');
const UNAVAILABLE: Outcome = {
  status: 503,
  outcome: 'unavailable',
  level: 'error',
  title: 'The event was not accepted. Please send it again.',
};

/** Every outcome of a request, by reason: the contract's table. */
export const OUTCOMES = {
  published: { status: 204, outcome: 'published', level: 'info', title: 'Published the update of incident' },
  ping: ignored('info', 'Test message of Svix; nothing to publish.'),
  event_type: ignored('info', 'Another event type; nothing to publish.'),
  event_version: {
    ...ignored('warn', 'Another version of the incident update event; nothing published. Has the contract moved?'),
    reason: 'event_type',
  },
  not_found: rejected(404, 'info', 'There is nothing at this path.'),
  method: rejected(405, 'info', 'Only POST is allowed here.'),
  expectation: rejected(417, 'warn', 'The expectation of the request cannot be met.'),
  content_encoding: rejected(415, 'warn', 'The body must be sent without a content encoding.'),
  too_large: rejected(413, 'warn', 'The body may have at most 1 MiB.'),
  body_timeout: rejected(408, 'warn', 'The body was not complete within 5 seconds.'),
  body_aborted: rejected(400, 'warn', 'The body was cut off.'),
  missing_header: UNAUTHENTICATED,
  repeated_header: UNAUTHENTICATED,
  bad_id: UNAUTHENTICATED,
  bad_timestamp: UNAUTHENTICATED,
  too_many_signatures: UNAUTHENTICATED,
  no_v1: UNAUTHENTICATED,
  timestamp: UNAUTHENTICATED,
  not_utf8: UNAUTHENTICATED,
  signature: UNAUTHENTICATED,
  not_json: rejected(400, 'error', 'The body is not JSON.'),
  schema: rejected(422, 'error', 'The body breaks the schema.'),
  configuration: UNAVAILABLE,
  secret: UNAVAILABLE,
  publish: UNAVAILABLE,
  publish_timeout: UNAVAILABLE,
  bug: { status: 500, outcome: 'failed', level: 'error', title: 'Something went wrong. Please send the event again.' },
} as const satisfies Record<string, Outcome>;

/** The outcome of a request in one word. */
export type Reason = keyof typeof OUTCOMES;
/** Why a request is answered 204 although nothing was published. */
export type IgnoredReason = 'ping' | 'event_type' | 'event_version';
/** Why a request is not accepted. */
export type RefusalReason = Exclude<Reason, 'published' | IgnoredReason>;

/** One rule of the schema that a body breaks. Holds no value of the body. */
export interface SchemaError {
  /** JSON pointer to the invalid value. */
  readonly pointer: string;
  /** The rule, in words. */
  readonly rule: string;
}

/** Thrown when a request cannot be accepted. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  /**
   * For the log, never for the sender; in our own words, never those of a library or a response.
   */
  readonly detail: string | undefined;
  readonly errors: readonly SchemaError[];

  constructor(reason: RefusalReason, options: { detail?: string; errors?: readonly SchemaError[] } = {}) {
    super(reason);
    this.name = 'Refusal';
    this.reason = reason;
    this.detail = options.detail;
    this.errors = options.errors ?? [];
  }
}

/** What the log says about a request besides its outcome. */
export interface LoggedIds {
  readonly webhookId?: string | undefined;
  readonly incidentId?: string | undefined;
}

/** The answer to an accepted request. `detail` completes the line's message. */
export function accepted(reason: 'published' | IgnoredReason, known: LoggedIds, detail?: string): Answer {
  return { status: OUTCOMES[reason].status, lines: [lineFor(reason, known, [detail])] };
}

/**
 * The answer to a refused request; any error but a Refusal is a bug. Repeats nothing of the
 * request.
 */
export function refused(error: unknown, known: LoggedIds): Answer {
  if (!(error instanceof Refusal)) {
    return { ...problem('bug'), lines: [{ ...lineFor('bug', known, []), stack: stackOf(error) }] };
  }
  const { reason, detail, errors } = error;
  const why = OUTCOMES[reason].status === 401 ? `(${reason})` : undefined;
  const rules = errors.map(({ pointer, rule }) => `${pointer || '/'} ${rule}`);
  return { ...problem(reason, errors), lines: [lineFor(reason, known, [why, detail, ...rules])] };
}

function problem(reason: RefusalReason, errors: readonly SchemaError[] = []): Omit<Answer, 'lines'> {
  const { status, title } = OUTCOMES[reason];
  return {
    status,
    headers: {
      ...(status === 405 && { allow: 'POST' }),
      // Seconds; Svix sends again after about five anyway.
      ...(status === 503 && { 'retry-after': '5' }),
      ...(status === 408 && { connection: 'close' }),
    },
    problem: { type: 'about:blank', title, status, ...(errors.length > 0 && { errors }) },
  };
}

function lineFor(reason: Reason, known: LoggedIds, details: readonly (string | undefined)[]): LogLine {
  const { outcome, level, title, reason: loggedReason = reason }: Outcome = OUTCOMES[reason];
  return {
    level,
    message: [title, ...details].filter((part) => part !== undefined).join(' '),
    metadata: { outcome, reason: reason === 'published' ? undefined : loggedReason, ...known },
  };
}
