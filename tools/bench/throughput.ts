import autocannon from 'autocannon';
import type { Panel } from './panels.ts';
import { type Bar, type Section, table, verdict, withRange } from './report.ts';
import { pairedRatios, type Spread, spread } from './statistics.ts';
import { LEAD, NO_OP, type Subject, start, WEBHOOK } from './subjects.ts';

/** What a subject did under load. */
export interface Load {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicrosPerRequest: number;
  /** How much of its core it used, 0 to 1. Below 1 it waited: for what it calls, or for the sender. */
  readonly busy: number;
  readonly residentMiB: number;
}

/** Requests that differ, as real ones do. */
const DISTINCT = 64;
const CONNECTIONS = [1, 16, 32, 64];
const MOST = 64;
const PER_SECOND: Readonly<Record<string, Bar>> = {
  [WEBHOOK]: { kind: 'at least', at: 0.75 },
  [LEAD]: { kind: 'at least', at: 1.2 },
};
/** One connection measures latency, and nothing of ours shares a round trip there. */
const barAt = (name: string, connections: number): Bar | undefined => (connections > 1 ? PER_SECOND[name] : undefined);
const MEMORY: Bar = { kind: 'at most', at: 1 };

/**
 * Each connection sends its next request when the last one is answered; the first half of `seconds` warms up.
 * @throws Error where an answer is not 204
 */
export async function load(subject: Subject, connections: number, seconds: number): Promise<Load> {
  const running = await start(subject);
  try {
    const requests = Array.from({ length: DISTINCT }, () => ({ method: 'POST' as const, ...subject.request() }));
    const send = (duration: number) => autocannon({ url: running.url, requests, connections, duration });
    await send(Math.max(1, seconds / 2));
    const [cpuMs, at] = [running.cpuMs(), performance.now()];
    const { requests: sent, latency, non2xx, errors } = await send(seconds);
    const [usedMs, tookMs] = [running.cpuMs() - cpuMs, performance.now() - at];
    if (non2xx + errors > 0) throw new Error(`${subject.name}: ${non2xx} refused, ${errors} failed`);
    return {
      perSecond: sent.total / (tookMs / 1000),
      p50: latency.p50,
      p99: latency.p99,
      cpuMicrosPerRequest: (1000 * usedMs) / sent.total,
      busy: usedMs / tookMs,
      residentMiB: running.residentMiB(),
    };
  } finally {
    await running.stop();
  }
}

/** Throughput and memory of all subjects, in turn; the first is the reference. */
export async function measureThroughput(
  subjects: readonly Subject[],
  passes: number,
  seconds: number,
  say: (text: string) => void,
): Promise<Section> {
  const loads = new Map<string, Load[]>();
  const of = (name: string, connections: number): Load[] => loads.get(`${name}|${connections}`) ?? [];
  for (let pass = 1; pass <= passes; pass++) {
    for (const connections of CONNECTIONS) {
      for (const subject of subjects) {
        say(`throughput: pass ${pass} of ${passes}, ${connections} connections, ${subject.name}`);
        const measured = await load(subject, connections, seconds);
        loads.set(`${subject.name}|${connections}`, [...of(subject.name, connections), measured]);
      }
    }
  }
  const figures = subjects.flatMap(({ name }) =>
    CONNECTIONS.map((connections) => summarize(name, connections, of(name, connections), of(NO_OP, connections))),
  );
  return { text: describe(figures), figures, panels: [throughputPanel(figures), memoryPanel(figures)] };
}

interface Figure {
  readonly name: string;
  readonly connections: number;
  readonly ratio: Spread;
  readonly memoryRatio: Spread;
  readonly load: Load;
}

function summarize(name: string, connections: number, loads: readonly Load[], references: readonly Load[]): Figure {
  const all = (from: readonly Load[], key: keyof Load) => from.map((each) => each[key]);
  const ratioOf = (key: keyof Load) => pairedRatios(all(loads, key), all(references, key));
  const keys: (keyof Load)[] = ['perSecond', 'p50', 'p99', 'cpuMicrosPerRequest', 'busy', 'residentMiB'];
  const medians = Object.fromEntries(keys.map((key) => [key, spread(all(loads, key)).median])) as unknown as Load;
  return { name, connections, ratio: ratioOf('perSecond'), memoryRatio: ratioOf('residentMiB'), load: medians };
}

function describe(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, connections, ratio, load: { perSecond, p50, p99, cpuMicrosPerRequest, busy } }) => [
    name,
    String(connections),
    perSecond.toFixed(0),
    withRange(ratio),
    `${p50.toFixed(0)}, ${p99.toFixed(0)} ms`,
    `${cpuMicrosPerRequest.toFixed(0)} us`,
    `${(100 * busy).toFixed(0)} %`,
    verdict(ratio.median, barAt(name, connections)),
  ]);
  const memory = figures
    .filter(({ connections }) => connections === MOST)
    .map(({ name, memoryRatio, load: { residentMiB } }) => [
      name,
      `${residentMiB.toFixed(0)} MiB`,
      withRange(memoryRatio),
      verdict(memoryRatio.median, PER_SECOND[name] && MEMORY),
    ]);
  const header = ['throughput of', 'connections', 'a second', 'ratio', 'p50, p99', 'CPU each', 'core used', 'bar'];
  return [table(header, rows), table([`memory after ${MOST} connections`, 'resident', 'ratio', 'bar'], memory)].join(
    '\n\n',
  );
}

function throughputPanel(figures: readonly Figure[]): Panel {
  const shown = figures.filter(({ name }) => name in PER_SECOND);
  return {
    title: 'Requests a second on one core',
    subtitle: 'by connections; higher is better',
    points: shown.map(({ name, connections, ratio }) => ({
      subject: name,
      at: String(connections),
      value: ratio.median,
    })),
    bars: shown.flatMap(({ name, connections }) => {
      const value = barAt(name, connections)?.at;
      return value === undefined ? [] : [{ subject: name, at: String(connections), value }];
    }),
  };
}

function memoryPanel(figures: readonly Figure[]): Panel {
  const after = figures.filter(({ connections }) => connections === MOST);
  const reference = after.find(({ name }) => name === NO_OP)?.load.residentMiB.toFixed(0);
  const shown = after.filter(({ name }) => name in PER_SECOND);
  const at = `${MOST} connections`;
  return {
    title: 'Memory after load',
    subtitle: `empty function: ${reference} MiB; lower is better`,
    points: shown.map(({ name, memoryRatio }) => ({ subject: name, at, value: memoryRatio.median })),
    bars: shown.map(({ name }) => ({ subject: name, at, value: MEMORY.at })),
  };
}
