import { Agent, request } from 'node:http';
import type { Ledger } from './ledger.ts';
import type { TimeLimits } from './time-limits.ts';

/** A function, as whoever calls it sees it. */
export interface Target {
  readonly url: string;
  readonly limits: TimeLimits;
  /** Unix seconds by its clock. */
  readonly seconds: () => number;
  /** Ends it, as a container that dies. */
  readonly crash: () => void;
}

/** What a caller sees of a request: the status, or a word for why there was none. */
export type Answer = number | 'cut' | 'timeout';

/** A request, `POST` to the target's own address by default. */
export interface Call {
  readonly target: Target;
  /** What a violation calls it. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly method?: string;
  readonly path?: string;
  /** Cuts the connection this long after the request went out, answer or no answer. */
  readonly cutAfterMs?: number | undefined;
}

/** A function without a deadline would otherwise fill the memory with its lateness. */
const MAX_VIOLATIONS = 1_000;

/**
 * Calls functions over connections that are kept, follows no redirect, and repeats nothing by itself.
 * @param violations gets those of calls that are answered late or never.
 */
export function openClient({ violations }: Ledger) {
  const agent = new Agent({ keepAlive: true });
  const clock = startFairClock();
  let latestMs = 0;

  return {
    async call(call: Call): Promise<Answer> {
      const { name, target } = call;
      const startedAtMs = clock.now();
      const answer = await send(agent, call);
      const elapsedMs = clock.now() - startedAtMs;
      if (violations.length >= MAX_VIOLATIONS) return answer;
      if (answer === 'timeout') violations.push(`${name} was not answered at all`);
      if (typeof answer !== 'number') return answer;
      const { budgetMs, answerMs } = target.limits;
      latestMs = Math.max(latestMs, elapsedMs - budgetMs);
      if (elapsedMs > answerMs)
        violations.push(`${name} was answered after ${Math.round(elapsedMs)} ms, later than ${answerMs} ms`);
      return answer;
    },
    /** Milliseconds from the end of a request's budget, when work on it stops, to the latest answer. */
    latestMs: () => latestMs,
    close() {
      clock.stop();
      agent.destroy();
    },
  };
}

function send(agent: Agent, { target, headers, body, method = 'POST', path, cutAfterMs }: Call): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const sent = request(path === undefined ? target.url : new URL(path, target.url), {
    method,
    agent,
    headers: { 'content-length': Buffer.byteLength(body), ...headers },
  });
  sent.on('response', (response) => {
    response.on('error', () => {}).resume();
    resolve(cutAfterMs === undefined ? (response.statusCode ?? 0) : 'cut');
  });
  sent.on('error', () => resolve('cut'));
  const timer = setTimeout(() => {
    resolve('timeout');
    sent.destroy();
  }, target.limits.callerMs);
  sent.end(body, () => {
    if (cutAfterMs !== undefined) setTimeout(() => sent.destroy(), cutAfterMs);
  });
  return promise.finally(() => clearTimeout(timer));
}

const TICK_MS = 5;

/**
 * A real clock, in milliseconds, that stands still while this process gets no turn, so that a busy
 * machine is not taken for a late answer.
 */
function startFairClock() {
  let fair = 0;
  let last = performance.now();
  const now = (): number => fair + Math.min(performance.now() - last, 2 * TICK_MS);
  const timer = setInterval(() => {
    fair = now();
    last = performance.now();
  }, TICK_MS);
  return { now, stop: () => clearInterval(timer) };
}
