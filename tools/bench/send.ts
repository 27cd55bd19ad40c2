import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One POST request. */
export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The status of an answer, or the code of what kept one from coming. */
export type Outcome = number | string;

/** What an open loop sent, and how it was answered. */
export type Calls = Awaited<ReturnType<typeof openLoop>>;

const TIMEOUT_MS = 15_000;

/** Sends one request, on a connection that Node.js's agent keeps, as Svix and Pub/Sub keep theirs. */
export async function post(url: string, { headers, body }: Request): Promise<Outcome> {
  const sent = request(url, {
    method: 'POST',
    timeout: TIMEOUT_MS,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
  });
  sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
  // One that comes beside the answer's own.
  sent.on('error', () => {});
  try {
    const [response] = (await once(sent.end(body), 'response')) as [IncomingMessage];
    await once(response.resume(), 'end');
    return response.statusCode ?? 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The server closed an idle connection at the moment it was used again: any client tries again on a new one.
    return sent.reusedSocket && code === 'ECONNRESET' ? post(url, { headers, body }) : (code ?? message);
  }
}

/** Calls `send` at a fixed rate, whether or not earlier calls have ended. */
export async function openLoop(send: () => Promise<Outcome>, perSecond: number, seconds: number) {
  const outcomes: Outcome[] = [];
  /** Milliseconds from when each call was due until it ended; a sender that falls behind must not hide that. */
  const latencies: number[] = [];
  const calls: Promise<void>[] = [];
  const call = async (dueAtMs: number): Promise<void> => {
    outcomes.push(await send());
    latencies.push(performance.now() - dueAtMs);
  };
  const startedAtMs = performance.now();
  for (let index = 0; index < perSecond * seconds; index++) {
    const dueAtMs = startedAtMs + (index * 1000) / perSecond;
    if (dueAtMs > performance.now()) await sleep(dueAtMs - performance.now());
    calls.push(call(dueAtMs));
  }
  await Promise.all(calls);
  return { outcomes, latencies };
}

/** How many there are of each, such as `204: 200, 503: 1`. */
export function countOutcomes(outcomes: readonly Outcome[]): string {
  return [...Map.groupBy(outcomes, (each) => each)].map(([outcome, all]) => `${outcome}: ${all.length}`).join(', ');
}
