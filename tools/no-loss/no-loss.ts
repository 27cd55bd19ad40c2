import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { build } from '../build/build.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { ANSWER_MS } from './client.ts';
import { describeRun } from './report.ts';
import { run } from './run.ts';

const { events, seed, scale, answer, concurrency, processes } = new Command('no-loss')
  .description('Sends events through both functions while everything around them fails, and checks that none is lost.')
  .option('--events <count>', 'events to send', toNumber, 100_000)
  .option('--seed <number>', 'decides on every event and every fault', toNumber, Date.now() % 1_000_000)
  .option('--scale <factor>', 'of all time limits; 1 is production', toNumber, 0.05)
  .option(
    '--answer <ms>',
    'when an answer is late, not scaled: other work on the machine is no fault of the code',
    toNumber,
    ANSWER_MS,
  )
  .option('--concurrency <count>', 'requests under way at once', toNumber, 64)
  .option('--no-processes', 'leave out the real function processes, and their kills')
  .parse()
  .opts<{ events: number; seed: number; scale: number; answer: number; concurrency: number; processes: boolean }>();

const postgres = await startPostgres();
try {
  const [folder] = processes ? await build() : [];
  const report = await run({
    ...{ events, seed, scale, answerMs: answer, concurrency, postgres },
    dist: folder && dirname(folder),
    onProgress: (sent, violations) =>
      process.stderr.write(`${sent} of ${events} sent, ${violations.length} violations ${violations[0] ?? ''}\n`),
  });
  console.log(describeRun(report));
  // Too few events do not reach every place often enough.
  const met = events < 1_000 || report.faults.notMet().length === 0;
  process.exitCode = report.violations.length === 0 && met ? 0 : 1;
} finally {
  await postgres.stop();
}

function toNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('expected a number above 0');
  return number;
}
