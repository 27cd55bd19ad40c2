import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request to send. */
export interface Shot {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** What was sent, and how it was answered. */
export interface Volley {
  readonly sent: number;
  /** By status, or by the code of the network error. */
  readonly answers: ReadonlyMap<number | string, number>;
  /** Milliseconds from when a request was due until its answer; a sender that falls behind must not hide that. */
  readonly latencies: readonly number[];
  readonly seconds: number;
}

/** What waits for one of them is late all the same, since lateness counts from when it was due. */
const MAX_CONNECTIONS = 256;
const TIMEOUT_MS = 15_000;
/** How often the sender looks what is due. */
const STEP_MS = 2;

/** Sends requests at a fixed rate, whether or not earlier ones have been answered, over kept connections. */
export async function sendOpenLoop(
  url: string,
  perSecond: number,
  seconds: number,
  next: (number: number) => Shot,
): Promise<Volley> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  const answers = new Map<number | string, number>();
  const latencies: number[] = [];
  const total = Math.round(perSecond * seconds);
  const start = performance.now();
  const open = new Set<Promise<void>>();
  for (let at = 0; at < total; ) {
    const dueBy = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000) + 1);
    for (; at < dueBy; at += 1) {
      const due = start + (at * 1000) / perSecond;
      const sent = post(agent, url, next(at)).then((answer) => {
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        latencies.push(performance.now() - due);
        open.delete(sent);
      });
      open.add(sent);
    }
    await sleep(STEP_MS);
  }
  await Promise.all(open);
  agent.destroy();
  return { sent: total, answers, latencies, seconds: (performance.now() - start) / 1000 };
}

function post(agent: Agent, url: string, { headers, body }: Shot): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(url, {
      method: 'POST',
      agent,
      timeout: TIMEOUT_MS,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    sent.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection at the moment it was used again: any client sends anew, on a new one.
      const stale = sent.reusedSocket && error.code === 'ECONNRESET';
      resolve(stale ? post(agent, url, { headers, body }) : (error.code ?? error.message));
    });
    sent.end(body);
  });
}
