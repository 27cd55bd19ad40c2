import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { deploy } from '../build/deploy.ts';
import { type RunningBackends, startBackends } from './backends.ts';
import { eventGrowth, lookUpGrowth } from './growth.ts';
import { bundleKiB, coldStarts, type Latency, type Load, latencyBeside, load, machine } from './measure.ts';
import { plot, type Row, table } from './report.ts';
import { pairedRatios, spread } from './statistics.ts';
import { type Subject, subjects } from './subjects.ts';

interface Options {
  readonly rounds: string;
  readonly passes: string;
  readonly seconds: string;
  readonly growth?: true;
  readonly out?: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
const CONNECTIONS = [1, 16, 64];
const RATE = 50;
/** 1,000 requests, so that the p99 is the tenth worst and not one accident. */
const LATENCY_SECONDS = 20;
const LATENCY_PASSES = 7;
const COLD_BARS: Record<string, number> = {
  'webhook, secret literal': 2,
  'webhook, Secret Manager': 2,
  'lead, with look-up': 1.5,
};
/** For the webhook's p99 above that of the publish. */
const LATENCY_BAR_MS = 5;
const THROUGHPUT_BARS: Record<string, number> = { 'webhook, secret literal': 0.6, 'lead, with look-up': 0.8 };

const say = (text: string): void => console.error(text);

async function measureColdStarts(all: readonly Subject[], rounds: number): Promise<Row[]> {
  const times = await coldStarts(all, rounds, (round) => say(`cold start: round ${round + 1} of ${rounds}`));
  const reference = times.get('no-op function') ?? [];
  return [...times]
    .filter(([name]) => name !== 'no-op function')
    .map(([name, values]) => ({
      figure: 'cold start',
      subject: name,
      value: `${spread(values).median.toFixed(0)} ms`,
      reference: `${spread(reference).median.toFixed(0)} ms`,
      ratio: pairedRatios(values, reference),
      ...(COLD_BARS[name] !== undefined && { bar: { at: COLD_BARS[name], kind: 'at most' as const } }),
    }));
}

async function measureLoad(all: readonly Subject[], passes: number, seconds: number): Promise<Row[]> {
  const results = new Map<string, Load[]>();
  for (let pass = 1; pass <= passes; pass++) {
    for (const connections of CONNECTIONS) {
      for (const subject of all) {
        say(`load: pass ${pass} of ${passes}, ${connections} connections, ${subject.name}`);
        const key = `${subject.name}|${connections}`;
        results.set(key, [...(results.get(key) ?? []), await load(subject, connections, seconds)]);
      }
    }
  }
  const rows: Row[] = [];
  const add = (
    figure: string,
    subject: Subject,
    connections: number,
    of: (load: Load) => number,
    unit: string,
    bar?: Row['bar'],
  ): void => {
    const values = (results.get(`${subject.name}|${connections}`) ?? []).map(of);
    const reference = (results.get(`no-op function|${connections}`) ?? []).map(of);
    rows.push({
      figure: `${figure}, ${connections} connections`,
      subject: subject.name,
      value: `${spread(values).median.toPrecision(3)} ${unit}`,
      reference: `${spread(reference).median.toPrecision(3)} ${unit}`,
      ratio: pairedRatios(values, reference),
      ...(bar !== undefined && { bar }),
    });
  };
  for (const subject of all.slice(1)) {
    const throughput = THROUGHPUT_BARS[subject.name];
    for (const connections of CONNECTIONS) {
      const bar =
        throughput !== undefined && connections === 64 ? { at: throughput, kind: 'at least' as const } : undefined;
      add('throughput', subject, connections, ({ requestsPerSecond }) => requestsPerSecond, '/s', bar);
      add('latency p50', subject, connections, ({ p50 }) => Math.max(p50, 0.5), 'ms');
      add('CPU a request', subject, connections, ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest, 'us');
    }
    const memory = subject.name.startsWith('bare') ? undefined : { at: 1.5, kind: 'at most' as const };
    add('memory after load', subject, 64, ({ residentMiB }) => residentMiB, 'MiB', memory);
  }
  return rows;
}

async function measureLatency(
  webhook: Subject,
  backends: RunningBackends,
  passes: number,
  seconds: number,
): Promise<string> {
  const whole: Latency[] = [];
  const publish: Latency[] = [];
  for (let pass = 1; pass <= passes; pass++) {
    say(`latency: pass ${pass} of ${passes}, ${RATE} a second, open loop`);
    const measured = await latencyBeside(webhook, () => backends.publishOnce(), RATE, seconds);
    whole.push(measured.subject);
    publish.push(measured.reference);
  }
  const over = spread(whole.map(({ p99 }, at) => p99 - (publish[at]?.p99 ?? Number.NaN)));
  const [wholeText, publishText] = [whole, publish].map(
    (each) => `p50 ${median(each, 'p50').toFixed(1)} ms, p99 ${median(each, 'p99').toFixed(1)} ms`,
  );
  const range = `${over.median.toFixed(1)} ms (${over.min.toFixed(1)} to ${over.max.toFixed(1)})`;
  const met = over.median <= LATENCY_BAR_MS ? 'met' : '**missed**';
  return `Open loop at ${RATE}/s, warm, in turn, ${passes} passes: webhook ${wholeText}; the publish alone ${publishText}; p99 above it ${range}; bar: at most ${LATENCY_BAR_MS} ms, ${met}.`;
}

const median = (all: readonly Latency[], key: keyof Latency): number => spread(all.map((each) => each[key])).median;

async function measureGrowth(all: readonly Subject[], backends: RunningBackends): Promise<string> {
  const lines = ['| growth | cost |', '| --- | --- |'];
  for (const subject of all.filter(({ name }) => name in THROUGHPUT_BARS)) {
    say(`growth: ${subject.name}`);
    for (const { events, cpuMicrosPerEvent, residentMiB } of await eventGrowth(subject, [1_000, 10_000, 100_000])) {
      lines.push(
        `| ${subject.name}, up to event ${events} | ${cpuMicrosPerEvent.toFixed(0)} us CPU an event, ${residentMiB.toFixed(0)} MiB |`,
      );
    }
  }
  say('growth: alaners');
  for (const { alaners, milliseconds, plan } of await lookUpGrowth(
    backends.ownerUrl,
    [10, 1_000, 100_000, 1_000_000],
  )) {
    lines.push(`| look-up among ${alaners} alaners | ${milliseconds.toFixed(3)} ms, ${plan} |`);
  }
  return lines.join('\n');
}

async function bench(options: Options): Promise<void> {
  const folders = await deploy();
  const scratch = await mkdtemp(join(ROOT, 'dist', 'bench-'));
  const backends = await startBackends();
  try {
    const all = await subjects(scratch, folders, backends);
    const webhook = all[2];
    if (webhook === undefined) throw new Error('there is no webhook to measure');
    const seconds = Number(options.seconds);
    const rows = [
      ...(await measureColdStarts(all, Number(options.rounds))),
      ...(await measureLoad(
        all.filter(({ name }) => !name.includes('Secret Manager')),
        Number(options.passes),
        seconds,
      )),
    ];
    const latency = await measureLatency(webhook, backends, LATENCY_PASSES, LATENCY_SECONDS);
    const sizes = await Promise.all(
      folders.map(
        async (folder) => `${folder.split('/').at(-1)} ${bundleKiB(folder, await readdir(folder)).toFixed(0)} KiB`,
      ),
    );
    const growth = options.growth ? await measureGrowth(all, backends) : undefined;
    const where = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${machine()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
    const text = [where, table(rows), latency, `Deployables without source map: ${sizes.join(', ')}.`, growth]
      .filter((part) => part !== undefined)
      .join('\n\n');
    console.log(text);
    if (options.out !== undefined) {
      await mkdir(options.out, { recursive: true });
      await writeFile(join(options.out, 'results.md'), `${text}\n`);
      await writeFile(
        join(options.out, 'results.json'),
        `${JSON.stringify({ where, rows, latency, sizes }, null, 2)}\n`,
      );
      await writeFile(join(options.out, 'ratios.svg'), await plot(rows, where));
    }
  } finally {
    await backends.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

await new Command('bench')
  .description(
    'Measures both functions beside a no-op function on the same framework and a bare node:http server, in turn, as ratios.',
  )
  .option('--rounds <n>', 'cold starts of each', '15')
  .option('--passes <n>', 'loads of each', '3')
  .option('--seconds <n>', 'length of a load', '4')
  .option('--growth', 'also 100,000 events and 1,000,000 alaners')
  .option('--out <folder>', 'write results.md, results.json and ratios.svg there')
  .action(bench)
  .parseAsync();
