import { Agent, type AgentOptions, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request } from './requests.ts';

/** The status of an answer, or the code of what kept one from coming. */
export type Outcome = number | string;

/** What an open loop sent, and how it was answered. */
export interface Calls {
  /** How many ended with each outcome. */
  readonly outcomes: Map<Outcome, number>;
  /** Milliseconds from when each call was due until it ended; a sender that falls behind must not hide that. */
  readonly latencies: number[];
}

const TIMEOUT_MS = 15_000;

/** Connections that are kept, as Svix and Pub/Sub keep them. What waits for one is late all the same. */
export function keptConnections(options?: AgentOptions): Agent {
  return new Agent({ keepAlive: true, maxSockets: 256, ...options });
}

/** Sends one request; without an agent on a connection of its own. */
export function post(url: string, { headers, body }: Request, agent?: Agent): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = request(url, {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      ...(agent && { agent }),
    });
    sent.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection at the moment it was used again: any client tries again on a new one.
      const stale = sent.reusedSocket && error.code === 'ECONNRESET';
      resolve(stale ? post(url, { headers, body }, agent) : (error.code ?? error.message));
    });
    sent.end(body);
  });
}

/**
 * Calls each sender at a fixed rate, whether or not earlier calls have ended, and in turn, so that
 * what the machine does to one it does to all.
 */
export async function openLoop(
  senders: readonly (() => Promise<Outcome>)[],
  perSecond: number,
  seconds: number,
): Promise<Calls[]> {
  const all = senders.map((send) => ({ send, outcomes: new Map<Outcome, number>(), latencies: [] as number[] }));
  const sent: Promise<void>[] = [];
  const start = performance.now();
  for (let at = 0; at < perSecond * seconds; at++) {
    for (const [turn, { send, outcomes, latencies }] of all.entries()) {
      const due = start + ((at + turn / all.length) * 1000) / perSecond;
      if (due > performance.now()) await sleep(due - performance.now());
      sent.push(
        send().then((outcome) => {
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          latencies.push(performance.now() - due);
        }),
      );
    }
  }
  await Promise.all(sent);
  return all;
}
