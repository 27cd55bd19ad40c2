import { Command } from 'commander';
import { deploy } from '../build/deploy.ts';
import { startBackends } from './backends.ts';
import { latencyBeside } from './latency.ts';
import { leaveMeasuredCore } from './pinned-process.ts';
import { table, withRange } from './report.ts';
import { pairedRatios, spread } from './statistics.ts';
import { functions, type Subject, WEBHOOK_STORED } from './subjects.ts';
import { load } from './throughput.ts';

/** MiB for new objects at most; `default` is what Node.js takes by itself, which depends on the machine's memory. */
const SIZES = ['default', 16, 8, 4] as const;
type Size = (typeof SIZES)[number];
const CONNECTIONS = 32;

interface Measured {
  readonly perSecond: number;
  readonly residentMiB: number;
  /** Under load, and at 50 a second. */
  readonly p99: number;
  readonly slowP99: number;
}

async function main(passes: number, seconds: number): Promise<void> {
  leaveMeasuredCore();
  const backends = await startBackends();
  const subjects = functions(await deploy(), backends).filter(({ name }) => name !== WEBHOOK_STORED);
  const results = new Map<string, Measured[]>();
  try {
    for (let pass = 1; pass <= passes; pass++) {
      for (const subject of subjects) {
        for (const size of SIZES) {
          console.error(`pass ${pass} of ${passes}: ${subject.name}, ${size}`);
          const variant = withSize(subject, size);
          const { perSecond, residentMiB, p99 } = await load(variant, CONNECTIONS, seconds);
          const slow = await latencyBeside(variant, () => backends.publishOnce(), seconds);
          const key = `${subject.name}|${size}`;
          const measured = { perSecond, residentMiB, p99, slowP99: slow.subject.p99 };
          results.set(key, [...(results.get(key) ?? []), measured]);
        }
      }
    }
  } finally {
    await backends.close();
  }
  const rows = subjects.flatMap(({ name }) => SIZES.map((size) => row(name, size, results)));
  console.log(table(['of', 'MiB', 'a second', 'p99', 'p99 at 50/s', 'resident'], rows));
  console.log(`\n${CONNECTIONS} connections; ratios to the ${SIZES[0]}: median of ${passes} passes (range).`);
}

function withSize(subject: Subject, size: Size): Subject {
  const { program } = subject;
  const NODE_OPTIONS = size === 'default' ? '' : `--max-semi-space-size=${size}`;
  return { ...subject, program: { ...program, env: { ...program.env, NODE_OPTIONS } } };
}

function row(name: string, size: Size, results: ReadonlyMap<string, readonly Measured[]>): string[] {
  const of = (key: keyof Measured, from: Size) => (results.get(`${name}|${from}`) ?? []).map((each) => each[key]);
  const cell = (key: keyof Measured, digits: number, unit: string): string => {
    const ratio = withRange(pairedRatios(of(key, size), of(key, SIZES[0])));
    return `${spread(of(key, size)).median.toFixed(digits)}${unit}, ${ratio}`;
  };
  return [
    name,
    `${size}`,
    cell('perSecond', 0, ''),
    cell('p99', 0, ' ms'),
    cell('slowP99', 1, ' ms'),
    cell('residentMiB', 0, ' MiB'),
  ];
}

await new Command('semi-space')
  .description("What Node.js's --max-semi-space-size is worth, in pairs.")
  .option('--passes <n>', 'of each', '5')
  .option('--seconds <n>', 'of each load', '6')
  .action(({ passes, seconds }: { passes: string; seconds: string }) => main(Number(passes), Number(seconds)))
  .parseAsync();
