import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { deploy } from '../build/deploy.ts';
import { type Backends, startBackends } from './backends.ts';
import { measureColdStarts } from './cold-start.ts';
import { measureGrowth } from './growth.ts';
import { measureLatency } from './latency.ts';
import { drawPanels } from './panels.ts';
import { leaveMeasuredCore } from './pinned-process.ts';
import type { Section } from './report.ts';
import { measureRoundTrips } from './round-trips.ts';
import { deployableSizes } from './sizes.ts';
import { functions, LEAD, references, WEBHOOK, WEBHOOK_STORED } from './subjects.ts';
import { measureThroughput } from './throughput.ts';

interface Effort {
  /** Cold starts of each. */
  readonly rounds: number;
  /** Loads of each, and seconds of each load. */
  readonly passes: number;
  readonly seconds: number;
  readonly latencyPasses: number;
  readonly latencySeconds: number;
  readonly events: readonly number[];
  readonly alaners: readonly number[];
}

/**
 * About ten minutes. 1,000 events in a pass of the latency, so that the p99 is the tenth worst and
 * not one accident.
 */
const WHOLE: Effort = {
  rounds: 15,
  passes: 3,
  seconds: 3,
  latencyPasses: 7,
  latencySeconds: 20,
  events: [1_000, 10_000, 100_000],
  alaners: [10, 1_000, 100_000, 1_000_000],
};
/** About a minute and a half; to see that everything works. */
const QUICK: Effort = {
  rounds: 2,
  passes: 1,
  seconds: 1,
  latencyPasses: 1,
  latencySeconds: 4,
  events: [1_000, 2_000],
  alaners: [10, 1_000],
};

/** A load average above which others need the cores that are measured on. */
const BUSY = 0.7;
const SCRATCH = join(import.meta.dirname, '..', '..', '.local');
const startedAt = performance.now();

function say(text: string): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.error(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}  ${text}`);
}

/** Each kind of measurement, in the order of the report. */
function measurements(
  scratch: string,
  deployed: readonly string[],
  backends: Backends,
  effort: Effort,
  growth: boolean,
) {
  const { rounds, passes, seconds, latencyPasses, latencySeconds, events, alaners } = effort;
  const own = functions(deployed, backends);
  const loaded = own.filter(({ name }) => name !== WEBHOOK_STORED);
  const [webhook] = own;
  if (webhook === undefined) throw new Error('there is no webhook to measure');
  const all: Record<string, () => Promise<Section>> = {
    coldStart: () => measureColdStarts(scratch, deployed, backends, rounds, say),
    throughput: () => measureThroughput([...references(scratch, backends), ...loaded], passes, seconds, say),
    latency: () => measureLatency(webhook, backends, latencyPasses, latencySeconds, say),
    sizes: async () => deployableSizes(deployed),
    ...(growth && { growth: () => measureGrowth(loaded, backends.ownerUrl, events, alaners, say) }),
    // The last: from here on PostgreSQL lets in whom Cloud SQL would, and nobody else.
    roundTrips: () => measureRoundTrips(deployed, backends, say),
  };
  return Object.entries(all);
}

async function bench({ growth = false, quick = false, out }: Options): Promise<void> {
  leaveMeasuredCore();
  if ((loadavg()[0] ?? 0) > BUSY)
    say(`this machine is busy (load average ${loadavg()[0]?.toFixed(1)}): the figures will be off`);
  const where = `${new Date().toISOString().slice(0, 10)}, ${machine()}, Node.js ${process.version}`;
  const deployed = await deploy();
  await mkdir(SCRATCH, { recursive: true });
  const scratch = await mkdtemp(join(SCRATCH, 'bench-'));
  const backends = await startBackends();
  const sections = new Map<string, Section>();
  try {
    console.log(where);
    for (const [name, measure] of measurements(scratch, deployed, backends, quick ? QUICK : WHOLE, growth)) {
      // What fails is reported, and the rest measured: ten minutes are too long to lose.
      const section = await measure().catch((error: unknown) => failed(name, error));
      sections.set(name, section);
      console.log(`\n${section.text}`);
    }
  } finally {
    await backends.close();
    await rm(scratch, { recursive: true, force: true });
  }
  if (out !== undefined) await write(out, where, sections);
}

function failed(name: string, error: unknown): Section {
  process.exitCode = 1;
  const text = `**${name} could not be measured**: ${error instanceof Error ? error.message : String(error)}`;
  return { text, figures: null };
}

async function write(folder: string, where: string, sections: ReadonlyMap<string, Section>): Promise<void> {
  const all = [...sections.values()];
  const figures = Object.fromEntries([...sections].map(([name, section]) => [name, section.figures]));
  const title = `Ratios to an empty function on the same framework (dashed line); red: the bar. ${where}`;
  const panels = all.flatMap((section) => section.panels ?? []);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.md'), `${[where, ...all.map(({ text }) => text)].join('\n\n')}\n`);
  await writeFile(join(folder, 'results.json'), `${JSON.stringify({ where, ...figures }, null, 2)}\n`);
  await writeFile(join(folder, 'ratios.svg'), await drawPanels(panels, [WEBHOOK, WEBHOOK_STORED, LEAD], title));
}

function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
}

interface Options {
  readonly growth?: boolean;
  readonly quick?: boolean;
  readonly out?: string;
}

await new Command('bench')
  .description(
    'Measures both functions, as they are deployed, beside an empty function on the same framework and a bare node:http server, in turn, as ratios.',
  )
  .option('--growth', 'also 100,000 events and 1,000,000 alaners')
  .option('--quick', 'everything, too short for the figures to be true')
  .option('--out <folder>', 'write results.md, results.json and ratios.svg there')
  .action(bench)
  .parseAsync();
