import { basename, join } from 'node:path';
import { Command } from 'commander';
import { build } from '../build/build.ts';
import { deployLikeBuildpack } from '../build/deploy.ts';
import { SUBSTITUTIONS } from '../build/substitutions.ts';
import { coldStarts } from './cold-start.ts';
import type { Subject } from './process.ts';
import { say, table } from './report.ts';
import { startSystem } from './system.ts';

// What each substitution, or group of those that only work together, is worth: what a start costs without it.
const { rounds } = new Command('substitutions')
  .description(
    'Measures what each substitution of tools/build/substitutions.ts is worth at a start, by leaving it out.',
  )
  .option('--rounds <n>', 'starts of each', Number, 20)
  .parse()
  .opts<{ rounds: number }>();

await using system = await startSystem();
const { noOp, webhook, webhookStored, lead, scratch } = system;
const subjects = [webhook, webhookStored, lead];
const withoutOne: { group: string; variants: Subject[] }[] = [];
for (const [group, rows] of Map.groupBy(SUBSTITUTIONS, ({ file, group }) => group ?? file)) {
  say(`building without ${group}`);
  const out = join(scratch, String(withoutOne.length));
  const built = await build({ out, substitutions: SUBSTITUTIONS.filter((row) => !rows.includes(row)) });
  for (const folder of built) await deployLikeBuildpack(folder, join(out, 'deployed'));
  const variants = subjects.map((one) => ({ ...one, source: join(out, 'deployed', basename(one.source)) }));
  withoutOne.push({ group, variants });
}
const startsOf = await coldStarts([noOp, ...subjects, ...withoutOne.flatMap(({ variants }) => variants)], rounds);
const leastMs = (of: Subject): number => Math.min(...startsOf(of).map(({ cpuMs }) => cpuMs));
const share = (ms: number): string => `${((100 * ms) / leastMs(noOp)).toFixed(1)} %`;
const whole = ['nothing: the share itself', ...subjects.map((subject) => share(leastMs(subject)))];
const grown = withoutOne.map(({ group, variants }) => [
  group,
  ...subjects.map((subject, index) => share(leastMs(variants[index] ?? subject) - leastMs(subject))),
]);
console.log(table(['left out', ...subjects.map(({ name }) => name)], [whole, ...grown]));
console.log(`\nCPU time to the first 204, least of ${rounds} interleaved starts, as a share of an empty`);
console.log(`function's (${leastMs(noOp).toFixed(0)} ms); below the first row, what it grows by.`);
