import { Command, Option } from 'commander';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { readCommandLine, secondsUpTo } from '../terminal/command-line.ts';
import { EXIT } from './report.ts';
import type { Request } from './run.ts';

/** npm passes ctrl-C on to a process that has already got it; only one that comes later is the user's second. */
const SECOND_SIGNAL_AFTER_MS = 1_000;

const HELP = `
Each message is published again with its original data and attributes, and acknowledged only after that is confirmed.
Ctrl-C stops safely; run it again to go on. Every subscriber of the topic gets the messages again.
PUBSUB_EMULATOR_HOST (host:port) uses an emulator; otherwise Application Default Credentials with
roles/pubsub.subscriber on the subscription and roles/pubsub.publisher on the topic.

Examples:
  $ npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events --dry-run
  $ npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events

Exit codes: 0 all moved, 1 some or all could not be moved, 2 wrong use, 130 interrupted.`;

const program = new Command('npm run redrive --')
  .description('Moves dead-lettered messages back to their topic.')
  .addOption(new Option('--project <id>', 'project of the short names').env('GOOGLE_CLOUD_PROJECT'))
  .requiredOption('--subscription <name>', 'the dead-letter subscription, by id or projects/P/subscriptions/S')
  .requiredOption('--topic <name>', 'the topic to publish to, by id or projects/P/topics/T')
  .option('--dry-run', 'show what is there and change nothing', false)
  .option(
    '--idle <seconds>',
    'end when no message has come for so long (default: 2 s more than the ack deadline, so that what others have leased comes too)',
    secondsUpTo(3_600),
  );

tolerateClosedPipe();
const options = readCommandLine(program, HELP, 'shows examples').opts<Omit<Request, 'emulatorHost'>>();
const request = { ...options, emulatorHost: process.env['PUBSUB_EMULATOR_HOST'] || undefined };
// Loaded late: the client takes half a second, which help and wrong options need not wait for.
const { redrive } = await import('./run.ts');
process.exitCode = await redrive(request, stopOnSignal(), process);

function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  let stoppedAt = 0;
  const onSignal = (): void => {
    if (stop.signal.aborted) {
      if (performance.now() - stoppedAt > SECOND_SIGNAL_AFTER_MS) process.exit(EXIT.interrupted);
      return;
    }
    stoppedAt = performance.now();
    stop.abort();
    // Begins by leaving the line of the progress bar.
    console.error(
      '\nStopping: finishing the messages in flight, releasing the others. Press ctrl-C again to quit at once.',
    );
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return stop.signal;
}
