import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { LIMITS } from '../../functions/incident-webhook/app.ts';
import type { Answer, Ledger } from './ledger.ts';

/** When an answer is due (contract). */
export const ANSWER_MS = 8_000;
const SVIX_TIMEOUT_MS = 15_000;
/** For computing, which takes as long at any scale. */
const ROOM_MS = ANSWER_MS - LIMITS.answerMs;

/** A function, as whoever calls it sees it. */
export interface Target {
  readonly url: string;
  /** Factor on its time limits; 1 is production. */
  readonly scale: number;
  /** When its answer is late, which is not scaled. */
  readonly answerMs: number;
  /** Unix seconds by its clock. */
  readonly seconds: () => number;
  /** Ends it, as a container that dies. */
  readonly crash: () => void;
}

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

/**
 * Calls a function over a connection that is kept, follows no redirect, and repeats nothing by itself.
 * An answer that is late or never comes is a violation.
 */
export async function call(
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: FairClock },
  { target, name, body, cutAfterMs, ...given }: Call,
): Promise<Answer> {
  const { url, scale, answerMs } = target;
  const { method = 'POST', path = '' } = given;
  const headers = { 'content-length': Buffer.byteLength(body), ...given.headers };
  const signal = AbortSignal.timeout(Math.max(SVIX_TIMEOUT_MS * scale, answerMs) + ROOM_MS);
  const startedAtMs = clock.now();
  const sent = request(new URL(path, url), { method, headers, signal }).on('error', () => {});
  sent.end(body, () => {
    if (cutAfterMs !== undefined) setTimeout(() => sent.destroy(), cutAfterMs);
  });
  const [response] = (await once(sent, 'response').catch(() => [])) as [IncomingMessage?];
  const elapsedMs = clock.now() - startedAtMs;
  if (response === undefined && signal.aborted) {
    ledger.violations.push(`${name} was not answered at all`);
    return 'timeout';
  }
  response?.on('error', () => {}).resume();
  if (response?.statusCode === undefined || cutAfterMs !== undefined) return 'cut';
  ledger.latestMs = Math.max(ledger.latestMs, elapsedMs - LIMITS.answerMs * scale);
  if (elapsedMs > answerMs)
    ledger.violations.push(`${name} was answered after ${Math.round(elapsedMs)} ms, later than ${answerMs} ms`);
  return response.statusCode;
}

type FairClock = ReturnType<typeof startFairClock>;
const TICK_MS = 5;

/**
 * A real clock, in milliseconds, that stands still while this process gets no turn, so that a busy
 * machine is not taken for a late answer.
 */
export function startFairClock() {
  let fair = 0;
  let last = performance.now();
  const now = (): number => fair + Math.min(performance.now() - last, 2 * TICK_MS);
  const timer = setInterval(() => {
    fair = now();
    last = performance.now();
  }, TICK_MS);
  return { now, close: () => clearInterval(timer) };
}
