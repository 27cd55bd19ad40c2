import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One POST request. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The status of an answer, or the code of what kept one from coming. */
export type Outcome = number | string;

/** What an open loop sent, and how it was answered. */
export interface Calls {
  readonly outcomes: readonly Outcome[];
  /** Milliseconds from when each call was due until it ended; a sender that falls behind must not hide that. */
  readonly latencies: readonly number[];
}

const TIMEOUT_MS = 15_000;

/** Sends one request, on a connection that Node.js's agent keeps, as Svix and Pub/Sub keep theirs. */
export function post(url: string, { headers, body }: Request): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = request(url, {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    sent.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection at the moment it was used again: any client tries again on a new one.
      const stale = sent.reusedSocket && error.code === 'ECONNRESET';
      resolve(stale ? post(url, { headers, body }) : (error.code ?? error.message));
    });
    sent.end(body);
  });
}

/** Calls `send` at a fixed rate, whether or not earlier calls have ended. */
export async function openLoop(send: () => Promise<Outcome>, perSecond: number, seconds: number): Promise<Calls> {
  const outcomes: Outcome[] = [];
  const latencies: number[] = [];
  const calls: Promise<void>[] = [];
  const startedAtMs = performance.now();
  for (let index = 0; index < perSecond * seconds; index++) {
    const dueAtMs = startedAtMs + (index * 1000) / perSecond;
    if (dueAtMs > performance.now()) await sleep(dueAtMs - performance.now());
    calls.push(
      send().then((outcome) => {
        outcomes.push(outcome);
        latencies.push(performance.now() - dueAtMs);
      }),
    );
  }
  await Promise.all(calls);
  return { outcomes, latencies };
}

/** How many there are of each, such as `204: 200, 503: 1`. */
export function countOutcomes(outcomes: readonly Outcome[]): string {
  return [...Map.groupBy(outcomes, (each) => each)].map(([outcome, all]) => `${outcome}: ${all.length}`).join(', ');
}
