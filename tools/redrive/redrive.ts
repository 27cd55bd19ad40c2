import { Command, InvalidArgumentError, Option } from 'commander';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { escapeControls } from '../terminal/escape-controls.ts';
import { listDeadLetters } from './list.ts';
import { moveDeadLetters } from './move.ts';
import { createProgressDisplay } from './progress-display.ts';
import type { PubSub, Surroundings } from './pubsub.ts';
import type { Bounds } from './pull.ts';
import { complain, print, reportListing, reportOutcome } from './report.ts';
import { resourceName, UsageError } from './resource-name.ts';

interface Options {
  readonly project?: string;
  readonly subscription: string;
  readonly topic: string;
  readonly dryRun: boolean;
  readonly idle?: number;
}

/** The command line, understood. */
interface Settings {
  /** Full names. */
  readonly subscription: string;
  readonly topic: string;
  readonly emulatorHost: string | undefined;
  readonly dryRun: boolean;
  readonly idleSeconds: number | undefined;
}

const EXIT = { moved: 0, failed: 1, usage: 2, interrupted: 130 } as const;
/** npm passes ctrl-C on to a process that has already got it; only one that comes later is the user's second. */
const SECOND_SIGNAL_AFTER_MS = 1_000;
/** Where the credentials may not look the subscription up: its ack deadline in Terraform. */
const USUAL_ACK_DEADLINE_SECONDS = 60;

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
  .option(
    '--idle <seconds>',
    'end when no message has come for so long (default: 2 s more than the ack deadline, so that what others have leased comes too)',
    toSeconds,
  )
  .addHelpText('after', HELP)
  .showHelpAfterError('(--help shows examples)')
  .configureOutput({ outputError: (text, write) => write(`${escapeControls(text.trimEnd())}\n`) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.moved : EXIT.usage));

tolerateClosedPipe();
process.exitCode = await main(program.parse().opts<Options>());

async function main(options: Options): Promise<number> {
  try {
    return await redrive(readSettings(options), stopOnSignal());
  } catch (error) {
    complain(`redrive: ${error instanceof Error ? error.message : error}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

function readSettings({ project, subscription, topic, dryRun, idle }: Options): Settings {
  return {
    subscription: resourceName('subscriptions', subscription, project),
    topic: resourceName('topics', topic, project),
    emulatorHost: readEmulatorHost(process.env['PUBSUB_EMULATOR_HOST']),
    dryRun,
    idleSeconds: idle,
  };
}

function readEmulatorHost(host: string | undefined): string | undefined {
  if (!host) return undefined;
  if (/^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(host)) return host;
  throw new UsageError(`PUBSUB_EMULATOR_HOST must be host:port, such as 127.0.0.1:8085, but is "${host}".`);
}

async function redrive(settings: Settings, stop: AbortSignal): Promise<number> {
  const { subscription, topic, emulatorHost, dryRun } = settings;
  // Loaded late: the client takes half a second, which help and wrong options need not wait for.
  const { openPubSub } = await import('./pubsub.ts');
  const pubsub = await openPubSub(subscription, topic, emulatorHost);
  try {
    const surroundings = await pubsub.lookUp();
    announce(settings, surroundings);
    const { ackDeadlineSeconds = USUAL_ACK_DEADLINE_SECONDS } = surroundings;
    const bounds = { idleMs: (settings.idleSeconds ?? ackDeadlineSeconds + 2) * 1_000, stop };
    const done = await (dryRun ? list : move)(pubsub, bounds, commandOf(settings));
    if (stop.aborted) return EXIT.interrupted;
    return done ? EXIT.moved : EXIT.failed;
  } finally {
    await pubsub.close();
  }
}

async function list(pubsub: PubSub, bounds: Bounds, command: string): Promise<boolean> {
  reportListing(await listDeadLetters(pubsub, bounds, print), command);
  return true;
}

async function move(pubsub: PubSub, bounds: Bounds, command: string): Promise<boolean> {
  const display = createProgressDisplay(process.stdout);
  const outcome = await moveDeadLetters(pubsub, bounds, display.update).finally(display.end);
  return reportOutcome(outcome, bounds.stop.aborted, command);
}

/** What to type to move everything, whatever the shell's own settings are by then. */
function commandOf({ subscription, topic, emulatorHost, idleSeconds }: Settings): string {
  // Some shells expand the brackets of an IPv6 address.
  const quoted = emulatorHost?.startsWith('[') ? `'${emulatorHost}'` : emulatorHost;
  const emulator = quoted === undefined ? '' : `PUBSUB_EMULATOR_HOST=${quoted} `;
  const idle = idleSeconds === undefined ? '' : ` --idle ${idleSeconds}`;
  return `${emulator}npm run redrive -- --subscription ${subscription} --topic ${topic}${idle}`;
}

function announce({ subscription, topic, dryRun }: Settings, { sourceTopic, subscribers }: Surroundings): void {
  if (sourceTopic === topic) {
    throw new UsageError(
      `--topic is the topic that ${subscription} itself is fed by: expected the one the messages came from before they were dead-lettered.`,
    );
  }
  print(`From ${subscription}`);
  print(`To   ${topic}`);
  if (dryRun) return;
  const names = subscribers?.map((name) => name.slice(name.lastIndexOf('/') + 1)).join(', ');
  const who =
    names === ''
      ? 'It has none: the messages would reach nobody.'
      : (names ?? 'Who they are, these credentials may not see.');
  print(`Every subscriber of the topic gets each message again, also those that have handled it. ${who}`);
}

function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  let stoppedAt: number | undefined;
  const onSignal = (): void => {
    if (stoppedAt === undefined) {
      // Leaves the line of the progress bar.
      process.stderr.write('\n');
      complain('Stopping: what is in flight is finished, the rest released. Again to quit at once.');
    } else if (performance.now() - stoppedAt > SECOND_SIGNAL_AFTER_MS) {
      process.exit(EXIT.interrupted);
    }
    stoppedAt ??= performance.now();
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return stop.signal;
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3_600))
    throw new InvalidArgumentError('Expected seconds, more than 0 and up to 3600.');
  return seconds;
}
