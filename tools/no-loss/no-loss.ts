import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { build } from '../build/build.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { addDuplicateAlaners } from './duplicate-alaners.ts';
import { describeRun } from './report.ts';
import { run } from './run.ts';

interface Options {
  readonly events: number;
  readonly seed: number;
  readonly scale: number;
  readonly answer: number;
  readonly concurrency: number;
  readonly processes: boolean;
}

const program = new Command('no-loss')
  .description('Sends events through both functions while everything around them fails, and checks that none is lost.')
  .option('--events <count>', 'events to send', toNumber, 100_000)
  .option('--seed <number>', 'decides on every event and every fault', toNumber, Date.now() % 1_000_000)
  .option('--scale <factor>', 'of all time limits; 1 is production', toNumber, 0.05)
  .option(
    '--answer <ms>',
    'when an answer is late, not scaled: other work on the machine is no fault of the code',
    toNumber,
    8_000,
  )
  .option('--concurrency <count>', 'requests under way at once', toNumber, 64)
  .option('--no-processes', 'leave out the real function processes, and their kills');

const options = program.parse().opts<Options>();
const postgres = await startPostgres();
try {
  await addDuplicateAlaners(postgres);
  const folders = options.processes ? await build() : [];
  const dist = folders[0] === undefined ? undefined : dirname(folders[0]);
  const onProgress = (done: number, violations: readonly string[]): void =>
    void process.stderr.write(
      `${done} of ${options.events} sent, ${violations.length} violations ${violations[0] ?? ''}\n`,
    );
  const report = await run({ ...options, answerMs: options.answer, postgres, dist, onProgress });
  console.log(describeRun(report));
  // Too few events do not reach every place often enough.
  const met = options.events < 1_000 || report.missingFaults.length === 0;
  process.exitCode = report.violations.length === 0 && met ? 0 : 1;
} finally {
  await postgres.stop();
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('expected a number above 0');
  return number;
}
