import type { RequestListener } from 'node:http';
import { answerWith } from '../../shared/answer.ts';
import { configure } from '../../shared/configure.ts';
import { type Environment, readLogConfig } from '../../shared/environment.ts';
import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';
import { type LeadConfig, readLeadConfig } from './config.ts';
import type { Directory } from './directory.ts';
import { createHandler, type HandlerLimits } from './handler.ts';
import { openDirectory } from './postgres/directory.ts';
import type { PoolLimits } from './postgres/pool.ts';

/** Every time limit of the function, in milliseconds. */
export interface LeadLimits extends HandlerLimits {
  readonly database: PoolLimits;
}

/** The parts of the function; each defaults to that of production. */
export interface LeadAppOptions {
  readonly env?: Environment;
  readonly clock?: {
    /** Milliseconds since the Unix epoch: how old an event is. */
    readonly now: () => number;
  };
  readonly limits?: LeadLimits;
  readonly log?: Log;
}

/**
 * The answer is due after 8 s, of which the body may take 5. Until the first connection it is due
 * after 45 s, since Direct VPC egress may take a minute from an instance's start (contract).
 * Connecting, one retry and the statement fit into 8 s.
 */
export const LIMITS: LeadLimits = {
  bodyMs: 5_000,
  answerMs: 7_500,
  firstAnswerMs: 44_500,
  database: { connectMs: 2_000, statementMs: 3_000, queryMs: 3_500, retryMs: 100, instanceMs: 4_000 },
};

const CLOCK = { now: () => Date.now() };

/** Composition root of the subscriber function. */
export function createApp(options: LeadAppOptions = {}): RequestListener {
  const { env = process.env, clock = CLOCK, limits = LIMITS } = options;
  const log = options.log ?? createLog(readLogConfig(env));
  const config = configure(() => readLeadConfig(env), log, 'database_unavailable');
  return answerWith(createHandler(config && connectedDirectory(config, limits, log), limits, clock.now), log);
}

/**
 * Connects ahead of the first request. If that fails, the request that needs the connection
 * retries.
 */
function connectedDirectory(config: LeadConfig, limits: LeadLimits, log: Log): Directory {
  const { directory, connect } = openDirectory(config, limits.database, (reason) =>
    log({ level: 'warn', message: `An idle database connection died (${reason}).`, metadata: { reason } }),
  );
  connect().catch(() => {});
  return directory;
}
