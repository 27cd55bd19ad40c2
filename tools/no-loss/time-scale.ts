/** The contract's and the functions' time limits, in milliseconds of the clock a run uses. */
export interface TimeLimits {
  /** When work on a request stops, and when its answer is late. */
  readonly budgetMs: number;
  readonly answerMs: number;
  /** Svix gives up. */
  readonly senderMs: number;
  readonly publish: { readonly attemptMs: number; readonly callMs: number };
  readonly secretReadMs: number;
  readonly database: {
    readonly connectionTimeoutMillis: number;
    readonly statement_timeout: number;
    readonly query_timeout: number;
  };
}

/** The production values: `deadline.ts`, `publish.ts`, `secret-manager.ts`, `database.ts`, and Svix's own 15 s. */
const REAL: TimeLimits = {
  budgetMs: 7_500,
  answerMs: 8_000,
  senderMs: 15_000,
  publish: { attemptMs: 2_000, callMs: 7_500 },
  secretReadMs: 3_000,
  database: { connectionTimeoutMillis: 2_000, statement_timeout: 3_000, query_timeout: 3_500 },
};

/** Between the end of the work and the latest answer. Computing takes as long at any scale, so this is never compressed. */
const ROOM_MS = REAL.answerMs - REAL.budgetMs;

/**
 * Everything that is waited for, times `scale`; 1 is production.
 * @param answerMs when an answer is late, where that is not to be compressed.
 */
export function timeLimits(scale: number, answerMs: number = REAL.budgetMs * scale + ROOM_MS): TimeLimits {
  const { publish, database } = REAL;
  return {
    budgetMs: REAL.budgetMs * scale,
    answerMs,
    senderMs: Math.max(REAL.senderMs * scale, answerMs) + ROOM_MS,
    publish: { attemptMs: publish.attemptMs * scale, callMs: publish.callMs * scale },
    secretReadMs: REAL.secretReadMs * scale,
    database: {
      connectionTimeoutMillis: database.connectionTimeoutMillis * scale,
      statement_timeout: database.statement_timeout * scale,
      query_timeout: database.query_timeout * scale,
    },
  };
}
