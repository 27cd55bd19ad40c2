import autocannon from 'autocannon';
import { type Running, type Subject, start } from './process.ts';
import { type Bar, inTurn, medians, pairedRatios, type Section, say, table, verdict, withRange } from './report.ts';
import { LEAD, NO_OP, type System, WEBHOOK } from './system.ts';

/** What a subject did under load. */
type Load = Awaited<ReturnType<typeof saturate>>;
type LoadFigure = ReturnType<typeof summarize>;

/** Requests that differ, as real ones do. */
const DISTINCT = 64;
const CONNECTIONS = [1, 16, 32, 64];
const MOST = 64;
const PER_SECOND: Readonly<Record<string, Bar>> = {
  [WEBHOOK]: { kind: 'at least', value: 0.75 },
  [LEAD]: { kind: 'at least', value: 1.2 },
};
/** One connection measures latency, and nothing of ours shares a round trip there. */
const barAt = (name: string, connections: number): Bar | undefined => (connections > 1 ? PER_SECOND[name] : undefined);
const MEMORY: Bar = { kind: 'at most', value: 1 };

/**
 * Each connection sends its next request when the last one is answered.
 * @throws Error where an answer is not 204
 */
export async function saturate(
  { name, url, request, cpuMs, residentMiB }: Running,
  options: { readonly connections: number; readonly duration?: number; readonly amount?: number },
) {
  const requests = Array.from({ length: DISTINCT }, () => ({ method: 'POST' as const, ...request() }));
  const [startedAtMs, cpuMsBefore] = [performance.now(), cpuMs()];
  const { requests: sent, latency, non2xx, errors } = await autocannon({ url, requests, ...options });
  const [usedMs, tookMs] = [cpuMs() - cpuMsBefore, performance.now() - startedAtMs];
  if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx} refused, ${errors} failed`);
  return {
    perSecond: sent.total / (tookMs / 1000),
    /** In milliseconds. */
    p50: latency.p50,
    p99: latency.p99,
    cpuMicrosPerRequest: (1000 * usedMs) / sent.total,
    /** How much of its core it used, 0 to 1: below 1 it waited, for what it calls or for the sender. */
    busy: usedMs / tookMs,
    residentMiB: residentMiB(),
  };
}

/** A new process of a subject under load, after half as long a load to warm it up. */
export async function load(subject: Subject, connections: number, seconds: number): Promise<Load> {
  await using running = await start(subject);
  await saturate(running, { connections, duration: Math.max(1, seconds / 2) });
  return await saturate(running, { connections, duration: seconds });
}

/** Throughput and memory. */
export async function measureThroughput(system: System, passes: number, seconds: number): Promise<Section> {
  const subjects = [system.noOp, system.bare, system.webhook, system.lead];
  const cases = CONNECTIONS.flatMap((connections) => subjects.map((subject) => ({ subject, connections })));
  const loadsOf = await inTurn('throughput', cases, passes, ({ subject, connections }) => {
    say(`  ${connections} connections, ${subject.name}`);
    return load(subject, connections, seconds);
  });
  const of = (wanted: Subject, by: number) =>
    cases.filter(({ subject, connections }) => subject === wanted && connections === by).flatMap(loadsOf);
  const figures = subjects.flatMap((subject) =>
    CONNECTIONS.map((by) => summarize(subject.name, by, of(subject, by), of(system.noOp, by))),
  );
  return describeThroughput(figures);
}

/** Of loads with a number of connections: ratios to those of the empty function, and medians. */
function summarize(name: string, connections: number, loads: readonly Load[], references: readonly Load[]) {
  const ratio = pairedRatios(loads, references, 'perSecond');
  const memoryRatio = pairedRatios(loads, references, 'residentMiB');
  return { name, connections, ratio, memoryRatio, load: medians(loads) };
}

/** A table of both kinds, and a panel. */
export function describeThroughput(figures: readonly LoadFigure[]): Section {
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
  const last = figures.filter(({ connections }) => connections === MOST);
  const reference = last.find(({ name }) => name === NO_OP)?.load.residentMiB.toFixed(0);
  const memory = last.map(({ name, memoryRatio, load: { residentMiB } }) => [
    name,
    `${residentMiB.toFixed(0)} MiB`,
    withRange(memoryRatio),
    verdict(memoryRatio.median, PER_SECOND[name] && MEMORY),
  ]);
  const header = ['throughput of', 'connections', 'a second', 'ratio', 'p50, p99', 'CPU each', 'core used', 'bar'];
  const text = [table(header, rows), table([`memory after ${MOST} connections`, 'resident', 'ratio', 'bar'], memory)];
  const panels = [
    {
      title: 'Requests a second on one core',
      subtitle: 'by connections; higher is better',
      points: figures.filter(isOurs).map(({ name, connections, ratio: { median: value } }) => {
        return { subject: name, place: String(connections), value, bar: barAt(name, connections) };
      }),
    },
    {
      title: 'Memory after load',
      subtitle: `empty function: ${reference} MiB; lower is better`,
      points: last.filter(isOurs).map(({ name, memoryRatio: { median: value } }) => {
        return { subject: name, place: `${MOST} connections`, value, bar: MEMORY };
      }),
    },
  ];
  return { text: text.join('\n\n'), figures, panels };
}

function isOurs({ name }: LoadFigure): boolean {
  return name in PER_SECOND;
}
