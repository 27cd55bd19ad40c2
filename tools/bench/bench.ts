import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { measureColdStarts } from './cold-start.ts';
import { measureGrowth } from './growth.ts';
import { measureLatency } from './latency.ts';
import { drawPanels } from './panels.ts';
import { type Section, say } from './report.ts';
import { measureRoundTrips } from './round-trips.ts';
import { startSystem } from './system.ts';
import { measureThroughput } from './throughput.ts';

/** A load average above which others need the cores that are measured on. */
const BUSY = 0.7;

const { growth, quick, out } = new Command('bench')
  .description(
    'Measures both functions, as they are deployed, beside an empty function on the same framework and a bare node:http server, in turn, as ratios.',
  )
  .option('--growth', 'also 100,000 events and 1,000,000 alaners')
  .option('--quick', 'everything, too short for the figures to be true')
  .option('--out <folder>', 'write results.md, results.json and ratios.svg there')
  .parse()
  .opts<{ growth?: boolean; quick?: boolean; out?: string }>();

const load = loadavg()[0] ?? 0;
if (load > BUSY) say(`this machine is busy (load average ${load.toFixed(1)}): the figures will be off`);
const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
const where = `${new Date().toISOString().slice(0, 10)}, ${machine}, Node.js ${process.version}`;
await using system = await startSystem();
console.log(where);

/** About ten minutes in all; `--quick` takes a minute and a half, to see that everything works. */
const effort = <T>(whole: T, short: T): T => (quick ? short : whole);
/** Each kind of measurement, in the order of the report. */
const measurements: Readonly<Record<string, () => Promise<Section>>> = {
  coldStart: () => measureColdStarts(system, effort(15, 2)),
  throughput: () => measureThroughput(system, effort(3, 1), effort(3, 1)),
  // 1,000 events in a pass, so that the p99 is the tenth worst and not one accident.
  latency: () => measureLatency(system, effort(7, 1), effort(20, 4)),
  sizes: async () => sizes(),
  ...(growth && {
    growth: () =>
      measureGrowth(
        system,
        effort([1_000, 10_000, 100_000], [1_000, 2_000]),
        effort([10, 1_000, 100_000, 1_000_000], [10, 1_000]),
      ),
  }),
  // The last: from here on PostgreSQL lets in whom Cloud SQL would, and nobody else.
  roundTrips: () => measureRoundTrips(system),
};
const sections = new Map<string, Section>();
for (const [name, measure] of Object.entries(measurements)) {
  // What fails is reported, and the rest measured: ten minutes are too long to lose.
  const section = await measure().catch((error: Error): Section => {
    process.exitCode = 1;
    return { text: `**${name} could not be measured**: ${error.message}`, figures: null };
  });
  sections.set(name, section);
  console.log(`\n${section.text}`);
}
if (out !== undefined) await write(out);

/** What Terraform uploads of each deployable, and what `gcp-build` adds to it. */
function sizes(): Section {
  const figures = [system.webhook, system.lead].map(({ source }) => {
    const kiB = (wanted: RegExp): number => {
      const files = readdirSync(source).filter((file) => wanted.test(file));
      return Math.round(files.reduce((sum, file) => sum + statSync(join(source, file)).size, 0) / 1024);
    };
    return { name: basename(source), codeKiB: kiB(/\.c?js$/), cacheKiB: kiB(/\.cache$/) };
  });
  const texts = figures.map(
    ({ name, codeKiB, cacheKiB }) => `${name} ${codeKiB} KiB of code, ${cacheKiB} KiB of code cache`,
  );
  return { text: `Sizes: ${texts.join('; ')}.`, figures };
}

async function write(folder: string): Promise<void> {
  const all = [...sections.values()];
  const figures = Object.fromEntries([...sections].map(([name, section]) => [name, section.figures]));
  const title = `Ratios to an empty function on the same framework (dashed line); red: the bar. ${where}`;
  const panels = all.flatMap((section) => section.panels ?? []);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.md'), `${[where, ...all.map(({ text }) => text)].join('\n\n')}\n`);
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ where, ...figures }, null, 2)}\n`);
  writeFileSync(join(folder, 'ratios.svg'), await drawPanels(panels, title));
}
