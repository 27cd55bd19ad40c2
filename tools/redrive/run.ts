import { listDeadLetters } from './list.ts';
import { moveDeadLetters } from './move.ts';
import { EXIT, type Output, writeLine } from './output.ts';
import { createProgressDisplay } from './progress-display.ts';
import { openPubSub, type PubSub, type Surroundings } from './pubsub.ts';
import type { Bounds } from './pull.ts';
import { reportListing, reportOutcome } from './report.ts';
import { resourceName, UsageError } from './resource-name.ts';

/** What the command line and the environment ask for. */
export interface Request {
  /** For names that are given by their id. */
  readonly project?: string | undefined;
  readonly subscription: string;
  readonly topic: string;
  /** Show what is there and change nothing. */
  readonly dryRun: boolean;
  /** End when no message has come for so many seconds; undefined: 2 s more than the subscription's ack deadline. */
  readonly idle?: number | undefined;
  /** `host:port`; undefined: Google's. */
  readonly emulatorHost?: string | undefined;
}

/** Where the credentials may not look the subscription up: its ack deadline in Terraform. */
const USUAL_ACK_DEADLINE_SECONDS = 60;

/**
 * Moves dead letters, or shows them, and says what it did. Throws nothing.
 * @param stop aborts when the user wants to stop.
 * @returns one of `EXIT`; 0 only where nothing stays that it could have moved.
 */
export async function redrive(request: Request, stop: AbortSignal, output: Output): Promise<number> {
  try {
    return await run(withFullNames(request), stop, output);
  } catch (error) {
    writeLine(output.stderr, `redrive: ${error instanceof Error ? error.message : error}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

function withFullNames(request: Request): Request {
  const { project, emulatorHost } = request;
  if (emulatorHost !== undefined && !/^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(emulatorHost)) {
    throw new UsageError(`PUBSUB_EMULATOR_HOST must be host:port, such as 127.0.0.1:8085, but is "${emulatorHost}".`);
  }
  const subscription = resourceName('subscriptions', request.subscription, project);
  return { ...request, subscription, topic: resourceName('topics', request.topic, project) };
}

async function run(request: Request, stop: AbortSignal, output: Output): Promise<number> {
  const { subscription, topic, emulatorHost, dryRun, idle } = request;
  const pubsub = await openPubSub(subscription, topic, emulatorHost);
  try {
    const surroundings = await pubsub.lookUp();
    announce(request, surroundings, output);
    const { ackDeadlineSeconds = USUAL_ACK_DEADLINE_SECONDS } = surroundings;
    const bounds = { idleMs: (idle ?? ackDeadlineSeconds + 2) * 1_000, stop };
    writeLine(output.stdout, `Ends when no message has come for ${bounds.idleMs / 1_000} s.`);
    const work = dryRun ? list : move;
    const done = await work(pubsub, bounds, output, commandFor(request));
    if (stop.aborted) return EXIT.interrupted;
    return done ? EXIT.moved : EXIT.failed;
  } finally {
    await pubsub.close();
  }
}

async function list(pubsub: PubSub, bounds: Bounds, output: Output, command: string): Promise<boolean> {
  const listing = await listDeadLetters(pubsub, bounds, (line) => writeLine(output.stdout, line));
  reportListing(output, listing, command);
  return true;
}

async function move(pubsub: PubSub, bounds: Bounds, output: Output, command: string): Promise<boolean> {
  const display = createProgressDisplay(output.stdout);
  const outcome = await moveDeadLetters(pubsub, bounds, display.update).finally(display.end);
  return reportOutcome(output, outcome, bounds.stop.aborted, command);
}

/** What to type to move everything, whatever the shell's own settings are by then. */
function commandFor({ subscription, topic, emulatorHost, idle }: Request): string {
  // Some shells expand the brackets of an IPv6 address.
  const host = emulatorHost?.startsWith('[') ? `'${emulatorHost}'` : emulatorHost;
  const environment = host === undefined ? '' : `PUBSUB_EMULATOR_HOST=${host} `;
  const options = `--subscription ${subscription} --topic ${topic}${idle === undefined ? '' : ` --idle ${idle}`}`;
  return `${environment}npm run redrive -- ${options}`;
}

function announce({ subscription, topic, dryRun }: Request, known: Surroundings, { stdout }: Output): void {
  const { sourceTopic, subscribers } = known;
  if (sourceTopic === topic) {
    throw new UsageError(
      `--topic is the topic that ${subscription} itself is fed by: expected the one the messages came from before they were dead-lettered.`,
    );
  }
  for (const line of [`From ${subscription}`, `To   ${topic}`]) writeLine(stdout, line);
  if (dryRun) return;
  const names = subscribers?.map((name) => name.slice(name.lastIndexOf('/') + 1)).join(', ');
  writeLine(stdout, names === '' ? NO_SUBSCRIBER : `${REPEATED}${names ?? 'these credentials may not list them'}.`);
}

const NO_SUBSCRIBER = 'The topic has no subscriber: the messages would reach nobody.';
const REPEATED = 'Each message goes again to every subscriber of the topic, even to one that has handled it: ';
