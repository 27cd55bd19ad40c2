import { Command } from 'commander';
import { latencyBesidePublish } from './latency.ts';
import { withEnv } from './process.ts';
import { inTurn, medians, pairedRatios, say, table, withRange } from './report.ts';
import { startSystem } from './system.ts';
import { load } from './throughput.ts';

/** MiB for new objects at most; `default` is what Node.js takes by itself, which depends on the machine's memory. */
const SIZES = ['default', '16', '8', '4'];
const CONNECTIONS = 32;

/** Of each figure: its column, digits and unit. `slowP99` is at 50 a second. */
const COLUMNS = [
  { key: 'perSecond', header: 'a second', digits: 0, unit: '' },
  { key: 'p99', header: 'p99', digits: 0, unit: ' ms' },
  { key: 'slowP99', header: 'p99 at 50/s', digits: 1, unit: ' ms' },
  { key: 'residentMiB', header: 'resident', digits: 0, unit: ' MiB' },
] as const;

const { passes, seconds } = new Command('semi-space')
  .description("What Node.js's --max-semi-space-size is worth, in pairs.")
  .option('--passes <n>', 'of each', Number, 5)
  .option('--seconds <n>', 'of each load', Number, 6)
  .parse()
  .opts<{ passes: number; seconds: number }>();

await using system = await startSystem();
const cases = [system.webhook, system.lead].flatMap((subject) =>
  SIZES.map((size) => {
    const NODE_OPTIONS = size === 'default' ? '' : `--max-semi-space-size=${size}`;
    return { size, subject: withEnv(subject, { NODE_OPTIONS }) };
  }),
);
const resultsOf = await inTurn('semi-space', cases, passes, async ({ size, subject }) => {
  say(`  ${subject.name}, ${size}`);
  const underLoad = await load(subject, CONNECTIONS, seconds);
  const slow = await latencyBesidePublish(system, subject, seconds);
  return { ...underLoad, slowP99: slow.subject.p99 };
});
const rows = cases.map((one, index) => {
  // The default comes first of each subject's.
  const reference = cases[index - (index % SIZES.length)] ?? one;
  const cells = COLUMNS.map(({ key, digits, unit }) => {
    const ratio = withRange(pairedRatios(resultsOf(one), resultsOf(reference), key));
    return `${medians(resultsOf(one))[key].toFixed(digits)}${unit}, ${ratio}`;
  });
  return [one.subject.name, one.size, ...cells];
});
console.log(table(['of', 'MiB', ...COLUMNS.map(({ header }) => header)], rows));
console.log(`\n${CONNECTIONS} connections; ratios to the ${SIZES[0]}: median of ${passes} passes (range).`);
