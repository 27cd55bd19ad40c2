import { readFileSync, statSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { post, run } from './running.ts';
import { quantile } from './statistics.ts';
import type { Subject } from './subjects.ts';

/** In milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** What a subject did under load. */
export interface Load {
  readonly connections: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicrosPerRequest: number;
  readonly residentMiB: number;
}

/** 1,000 requests: at about the 500th, V8 compiles most of the path once more and holds the one core for 20 to 65 ms. */
const WARM_UP_GROUPS = 125;
const WARM_UP_GROUP = 8;
/** For what the warm-up leaves to be compiled and collected. */
const SETTLE_MS = 500;

/** Milliseconds from starting each subject's process to its first true answer; all subjects in turn, `rounds` times. */
export async function coldStarts(
  all: readonly Subject[],
  rounds: number,
  onRound: (round: number) => void,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  // One round unmeasured, so that every file is in the page cache.
  for (let round = -1; round < rounds; round++) {
    onRound(round);
    for (const subject of all) {
      const running = await run(subject);
      await running.stop();
      if (round >= 0) times.get(subject.name)?.push(running.coldStartMs);
    }
  }
  return times;
}

/** Closed-loop load, after a warm-up, each request answered with 204 or this throws. */
export async function load(subject: Subject, connections: number, seconds: number): Promise<Load> {
  const running = await run(subject);
  try {
    const shoot = (duration: number) =>
      autocannon({ url: running.url, method: 'POST', ...subject.request(), connections, duration });
    await shoot(Math.max(1, seconds / 2));
    const before = running.cpuMicros();
    const result = await shoot(seconds);
    if (result.non2xx > 0 || result.errors > 0)
      throw new Error(`${subject.name}: ${result.non2xx} refused, ${result.errors} failed`);
    return {
      connections,
      requestsPerSecond: result.requests.average,
      p50: result.latency.p50,
      p99: result.latency.p99,
      cpuMicrosPerRequest: (running.cpuMicros() - before) / result.requests.total,
      residentMiB: running.residentMiB(),
    };
  } finally {
    await running.stop();
  }
}

/**
 * Calls each sender at a fixed rate, whether or not earlier calls have ended, and in turn, so that what the machine does
 * to one it does to all.
 * @returns the latencies of each sender's calls.
 */
export async function openLoop(
  senders: readonly (() => Promise<unknown>)[],
  perSecond: number,
  seconds: number,
): Promise<Latency[]> {
  const calls = senders.map((send) => ({ send, latencies: [] as number[] }));
  const sent: Promise<void>[] = [];
  const start = performance.now();
  for (let at = 0; at < perSecond * seconds; at++) {
    for (const [turn, { send, latencies }] of calls.entries()) {
      const due = start + ((at + turn / calls.length) * 1000) / perSecond;
      await sleep(Math.max(0, due - performance.now()));
      sent.push(
        send().then(() => {
          // From when it was due: a sender that falls behind must not hide that.
          latencies.push(performance.now() - due);
        }),
      );
    }
  }
  await Promise.all(sent);
  return calls.map(({ latencies }) => ({ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }));
}

/** Open-loop latency of a warm subject, and of the call that it is compared with. */
export async function latencyBeside(
  subject: Subject,
  reference: () => Promise<unknown>,
  perSecond: number,
  seconds: number,
): Promise<{ readonly subject: Latency; readonly reference: Latency }> {
  const running = await run(subject);
  const agent = new Agent({ keepAlive: true });
  const send = async (): Promise<void> => {
    const status = await post(running.url, subject.request(), agent);
    if (status !== 204) throw new Error(`${subject.name} answered ${status}`);
  };
  try {
    for (let group = 0; group < WARM_UP_GROUPS; group++) {
      await Promise.all(Array.from({ length: WARM_UP_GROUP }, () => Promise.all([reference(), send()])));
    }
    await sleep(SETTLE_MS);
    const [whole, part] = await openLoop([send, reference], perSecond, seconds);
    if (whole === undefined || part === undefined) throw new Error('nothing was measured');
    return { subject: whole, reference: part };
  } finally {
    agent.destroy();
    await running.stop();
  }
}

/** Kibibytes of a deployable's entry and everything beside it but the source map. */
export function bundleKiB(folder: string, files: readonly string[]): number {
  return (
    files.filter((file) => !file.endsWith('.map')).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) /
    1024
  );
}

/** The processor's name, for the heading. */
export function machine(): string {
  try {
    return /model name\s*:\s*(.+)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? process.arch;
  } catch {
    return process.arch;
  }
}
