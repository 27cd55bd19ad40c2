import type { LogLevel } from '../../shared/config.ts';

/** One rule of the schema that a body breaks. Never holds a value of the body. */
export interface SchemaError {
  /** JSON pointer to the offending place. */
  readonly pointer: string;
  /** The rule, in words. */
  readonly rule: string;
}

interface Answer {
  readonly status: number;
  readonly outcome: 'rejected' | 'unavailable' | 'failed';
  readonly level: LogLevel;
  readonly title: string;
}

const AUTHENTICATION: Answer = {
  status: 401,
  outcome: 'rejected',
  level: 'warn',
  title: 'The request could not be authenticated.',
};
const UNAVAILABLE: Answer = {
  status: 503,
  outcome: 'unavailable',
  level: 'error',
  title: 'The event was not accepted. Please send it again.',
};
const rejected = (status: number, level: LogLevel, title: string): Answer => ({
  status,
  outcome: 'rejected',
  level,
  title,
});

/** Every reason not to accept a request, and how it is answered and logged. */
export const ANSWERS = {
  not_found: rejected(404, 'info', 'There is nothing at this path.'),
  method: rejected(405, 'info', 'Only POST is allowed here.'),
  content_encoding: rejected(415, 'warn', 'The body must be sent without a content encoding.'),
  too_large: rejected(413, 'warn', 'The body may have at most 1 MiB.'),
  body_timeout: rejected(408, 'warn', 'The body was not complete within 5 seconds.'),
  body_aborted: rejected(400, 'warn', 'The body was cut off.'),
  missing_header: AUTHENTICATION,
  repeated_header: AUTHENTICATION,
  bad_id: AUTHENTICATION,
  bad_timestamp: AUTHENTICATION,
  too_many_signatures: AUTHENTICATION,
  no_v1: AUTHENTICATION,
  timestamp: AUTHENTICATION,
  not_utf8: AUTHENTICATION,
  signature: AUTHENTICATION,
  not_json: rejected(400, 'error', 'The body is not JSON.'),
  schema: rejected(422, 'error', 'The body breaks the schema.'),
  configuration: UNAVAILABLE,
  secret: UNAVAILABLE,
  publish: UNAVAILABLE,
  publish_timeout: UNAVAILABLE,
  bug: { status: 500, outcome: 'failed', level: 'error', title: 'Something went wrong. Please send the event again.' },
} as const satisfies Record<string, Answer>;

/** Why a request is not accepted. */
export type Reason = keyof typeof ANSWERS;

/** Thrown wherever a request cannot be accepted. The cause and the detail are for the log, never for the sender. */
export class Refusal extends Error {
  readonly reason: Reason;
  readonly detail: string | undefined;
  readonly errors: readonly SchemaError[];

  constructor(reason: Reason, options: { cause?: unknown; detail?: string; errors?: readonly SchemaError[] } = {}) {
    super(reason, { cause: options.cause });
    this.name = 'Refusal';
    this.reason = reason;
    this.detail = options.detail;
    this.errors = options.errors ?? [];
  }
}
