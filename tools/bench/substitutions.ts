import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { build } from '../build/build.ts';
import { deployLikeBuildpack } from '../build/deploy.ts';
import { SUBSTITUTIONS, type Substitution } from '../build/substitutions.ts';
import { type Backends, startBackends } from './backends.ts';
import { coldStarts } from './cold-start.ts';
import { leaveMeasuredCore } from './pinned-process.ts';
import { table } from './report.ts';
import { functions, NO_OP, references, type Subject, start } from './subjects.ts';

/** The functions without some of the substitutions. */
interface Variant {
  readonly name: string;
  readonly subjects: readonly Subject[];
}

const SCRATCH = join(import.meta.dirname, '..', '..', '.local');
const ALL = 'all of them';

/**
 * Prints what each substitution, or group of those that only work together, is worth: what a start
 * costs without it.
 */
async function main(rounds: number): Promise<void> {
  leaveMeasuredCore();
  mkdirSync(SCRATCH, { recursive: true });
  const scratch = mkdtempSync(join(SCRATCH, 'substitutions-'));
  const backends = await startBackends();
  try {
    const variants = [await deployVariant(ALL, SUBSTITUTIONS, scratch, backends)];
    for (const [group, rows] of Map.groupBy(SUBSTITUTIONS, ({ file, group }) => group ?? file)) {
      const kept = SUBSTITUTIONS.filter((row) => !rows.includes(row));
      variants.push(await deployVariant(group, kept, scratch, backends));
    }
    const [noOp] = references(scratch, backends);
    const subjects = [...(noOp ? [noOp] : []), ...variants.flatMap((variant) => variant.subjects)];
    const starts = await coldStarts(subjects, rounds, (round) => console.error(`round ${round} of ${rounds}`));
    const least = (name: string): number => Math.min(...(starts.get(name)?.cpuMs ?? []));
    print(variants, least, rounds);
  } finally {
    await backends.close();
    rmSync(scratch, { recursive: true });
  }
}

async function deployVariant(
  name: string,
  substitutions: readonly Substitution[],
  scratch: string,
  backends: Backends,
): Promise<Variant> {
  console.error(`without ${name === ALL ? 'none' : name}`);
  const folder = mkdtempSync(join(scratch, 'variant-'));
  const built = await build({ out: join(folder, 'dist'), substitutions });
  const deployed = await Promise.all(built.map((each) => deployLikeBuildpack(each, join(folder, 'deployed'))));
  const subjects = functions(deployed, backends).map((subject) => ({ ...subject, name: key(name, subject.name) }));
  for (const subject of subjects) await (await start(subject)).stop();
  return { name, subjects };
}

function print(variants: readonly Variant[], least: (name: string) => number, rounds: number): void {
  const names = functions([], {} as Backends).map(({ name }) => name);
  const reference = least(NO_OP);
  const percent = (ms: number): string => `${((100 * ms) / reference).toFixed(1)} %`;
  const rows = variants.map(({ name }) => [
    name,
    ...names.map((of) => {
      const ms = least(key(name, of));
      return name === ALL ? percent(ms) : percent(ms - least(key(ALL, of)));
    }),
  ]);
  console.log(table(['left out', ...names], rows));
  console.log(`\nCPU time to the first 204, least of ${rounds} interleaved starts, as a share of an empty function's`);
  console.log(`(${reference.toFixed(0)} ms); below the first row, what it grows by.`);
}

function key(variant: string, subject: string): string {
  return `${variant}|${subject}`;
}

await new Command('substitutions')
  .description(
    'Measures what each substitution of tools/build/substitutions.ts is worth at a start, by leaving it out.',
  )
  .option('--rounds <n>', 'starts of each', '20')
  .action(({ rounds }: { rounds: string }) => main(Number(rounds)))
  .parseAsync();
