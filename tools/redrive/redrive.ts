import { Command, InvalidArgumentError, Option } from 'commander';
import { nameOf } from './dead-letter.ts';
import { Failure } from './failure.ts';
import { listDeadLetters } from './list.ts';
import { moveDeadLetters, type Outcome } from './move.ts';
import { createProgressDisplay } from './progress-display.ts';
import type { PubSub } from './pubsub.ts';
import { resourceName, UsageError } from './resource-name.ts';

interface Options {
  readonly project?: string;
  readonly subscription: string;
  readonly topic: string;
  readonly dryRun: boolean;
  readonly idle: number;
}

const EXIT = { moved: 0, failed: 1, usage: 2, interrupted: 130 } as const;
const MAX_LISTED_FAILURES = 20;
/** npm passes ctrl-C on to a process that has already got it; only one that comes later is the user's second. */
const SECOND_SIGNAL_AFTER_MS = 1_000;

const LEASED = 'What stays could not be given back: it can be taken again when its ack deadline has passed.';

const HELP = `
Each message is published again with its original data and attributes, and acknowledged only after that is confirmed.
Ctrl-C stops safely; run it again to go on. Every subscriber of the topic gets the messages again.
PUBSUB_EMULATOR_HOST (host:port) uses an emulator; otherwise Application Default Credentials with
roles/pubsub.subscriber on the subscription and roles/pubsub.publisher on the topic.

Examples:
  $ npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events --dry-run
  $ npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events

Exit codes: 0 all moved, 1 some or all could not be moved, 2 wrong use, 130 interrupted.`;

const program = new Command('redrive')
  .description('Moves dead-lettered messages back to their topic.')
  .addOption(new Option('--project <id>', 'project of the short names').env('GOOGLE_CLOUD_PROJECT'))
  .requiredOption('--subscription <name>', 'the dead-letter subscription, by id or projects/P/subscriptions/S')
  .requiredOption('--topic <name>', 'the topic to publish to, by id or projects/P/topics/T')
  .option('--dry-run', 'show what is there and change nothing', false)
  .option('--idle <seconds>', 'end when no message has come for so long', toSeconds, 10)
  .addHelpText('after', HELP)
  .showHelpAfterError('(--help shows examples)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.moved : EXIT.usage));

process.exitCode = await main(program.parse().opts<Options>());

async function main(options: Options): Promise<number> {
  const stop = stopOnSignal();
  try {
    return await redrive(options, stop);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof Failure)) throw error;
    console.error(`redrive: ${error.message}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

async function redrive(options: Options, stop: AbortSignal): Promise<number> {
  const startedAt = new Date();
  const subscription = resourceName('subscriptions', options.subscription, options.project);
  const topic = resourceName('topics', options.topic, options.project);
  // Loaded late: the client takes half a second, which help and wrong options need not wait for.
  const { openPubSub } = await import('./pubsub.ts');
  const pubsub = await openPubSub(subscription, topic, process.env['PUBSUB_EMULATOR_HOST'] || undefined);
  try {
    await announce(pubsub, subscription, topic, options.dryRun);
    const bounds = { idleMs: options.idle * 1000, stop };
    if (options.dryRun) {
      const { total, bySource, gaveBack } = await listDeadLetters(pubsub, startedAt, bounds, console.log);
      for (const [source, count] of bySource) console.log(`${count} from ${source}`);
      console.log(`Dry run: ${total} would be moved. Nothing was changed.`);
      if (!gaveBack) console.error(LEASED);
      return stop.aborted ? EXIT.interrupted : EXIT.moved;
    }
    const display = createProgressDisplay(process.stdout);
    const outcome = await moveDeadLetters(pubsub, startedAt, bounds, display.update).finally(display.end);
    report(outcome, stop.aborted);
    if (outcome.failed + outcome.unacknowledged > 0 || outcome.fatal) return EXIT.failed;
    return stop.aborted ? EXIT.interrupted : EXIT.moved;
  } finally {
    await pubsub.close();
  }
}

async function announce(pubsub: PubSub, subscription: string, topic: string, dryRun: boolean): Promise<void> {
  const { sourceTopic, subscribers } = await pubsub.lookUp();
  if (sourceTopic === topic) {
    throw new UsageError(
      `--topic is the topic that ${subscription} itself is fed by: expected the one the messages came from before they were dead-lettered.`,
    );
  }
  console.log(`From ${subscription}\nTo   ${topic}`);
  if (dryRun) return;
  const names = subscribers?.map((name) => name.slice(name.lastIndexOf('/') + 1)).join(', ');
  const who =
    names === ''
      ? 'It has none: the messages would reach nobody.'
      : (names ?? 'Who they are, these credentials may not see.');
  console.log(`Every subscriber of the topic gets each message again, also those that have handled it. ${who}`);
}

function report(outcome: Outcome, interrupted: boolean): void {
  const { moved, failed, failures, unacknowledged, newer, untouched, gaveBack, fatal } = outcome;
  for (const { deadLetter, why } of failures.slice(0, MAX_LISTED_FAILURES))
    console.error(`  ${nameOf(deadLetter)}: ${why}`);
  if (failed > MAX_LISTED_FAILURES) console.error(`  and ${failed - MAX_LISTED_FAILURES} more`);
  console.log(`${interrupted ? 'Interrupted: ' : ''}${moved} moved, ${failed} failed.`);
  if (failed + untouched > 0)
    console.log(`${failed + untouched} not moved stay in the subscription; run it again to move them.`);
  if (newer > 0) console.log(`${newer} dead-lettered after this run began stay in the subscription.`);
  if (unacknowledged > 0)
    console.error(
      `${unacknowledged} moved but not acknowledged: another run publishes them again, with the same webhookId.`,
    );
  if (!gaveBack) console.error(LEASED);
  if (fatal) console.error(`redrive: stopped early. ${fatal.message}`);
}

function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  let stoppedAt: number | undefined;
  const onSignal = (): void => {
    if (stoppedAt === undefined)
      console.error('\nStopping: what is in flight is finished, the rest given back. Again to quit at once.');
    else if (performance.now() - stoppedAt > SECOND_SIGNAL_AFTER_MS) process.exit(EXIT.interrupted);
    stoppedAt ??= performance.now();
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // The reader of a pipe has gone, as `| head` does.
  process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3_600))
    throw new InvalidArgumentError('Expected seconds, more than 0 and up to 3600.');
  return seconds;
}
