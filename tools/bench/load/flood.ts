import autocannon from 'autocannon';
import type { Shot } from './open-loop.ts';

/** What a flood did. */
export interface Flood {
  readonly perSecond: number;
  /** By status, and `errors` without one. */
  readonly answers: ReadonlyMap<number | string, number>;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

const CONNECTIONS = 100;

/** Sends one request again and again at a fixed rate, from a thread of its own. */
export async function flood(url: string, perSecond: number, seconds: number, shot: Shot): Promise<Flood> {
  const { requests, errors, statusCodeStats, latency } = await autocannon({
    url,
    method: 'POST',
    headers: { ...shot.headers },
    body: shot.body,
    connections: CONNECTIONS,
    overallRate: perSecond,
    duration: seconds,
    workers: 1,
  });
  const answers = new Map<number | string, number>(
    Object.entries(statusCodeStats ?? {}).map(([status, { count }]) => [Number(status), count ?? 0]),
  );
  if (errors > 0) answers.set('errors', errors);
  return { perSecond: requests.average, answers, p50: latency.p50, p99: latency.p99, worst: latency.max };
}
