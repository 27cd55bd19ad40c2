import { basename } from 'node:path/posix';
import { shellQuote } from '../terminal/shell.ts';
import { moveDeadLetters } from './move.ts';
import { openPubSub } from './pubsub.ts';
import { EXIT, listDeadLetters, type Output, report, showProgress, writeLines } from './report.ts';

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

/** Thrown where the command line is wrong; the message says what was expected and what came. */
class UsageError extends Error {}

/** Where the credentials may not look the subscription up: its ack deadline in Terraform. */
const USUAL_ACK_DEADLINE_SECONDS = 60;
// https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names
const ID = /^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/;
const FULL_NAME = /^projects\/([^/\s]+)\/(topics|subscriptions)\/(.+)$/;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i;
const NO_SUBSCRIBER = 'The topic has no subscriber: the messages would reach nobody.';
const REPEATED = 'Each message goes again to every subscriber of the topic, even to one that has handled it: ';

/**
 * Moves dead letters, or shows them, and says what it did. Throws nothing.
 * @param stop aborts when the user wants to stop.
 * @returns one of `EXIT`; 0 only where nothing stays that it could have moved.
 */
export async function redrive(request: Request, stop: AbortSignal, output: Output): Promise<number> {
  try {
    const done = await run(request, stop, output);
    if (stop.aborted) return EXIT.interrupted;
    return done ? EXIT.moved : EXIT.failed;
  } catch (error) {
    writeLines(output.stderr, `redrive: ${error instanceof Error ? error.message : error}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

async function run(request: Request, stop: AbortSignal, output: Output): Promise<boolean> {
  const { project, dryRun, idle, emulatorHost } = request;
  if (emulatorHost !== undefined && !HOST.test(emulatorHost)) {
    throw new UsageError(`PUBSUB_EMULATOR_HOST must be host:port, such as 127.0.0.1:8085, but is "${emulatorHost}".`);
  }
  const subscription = fullName('subscription', request.subscription, project);
  const topic = fullName('topic', request.topic, project);
  await using pubsub = await openPubSub(subscription, topic, emulatorHost);
  const { sourceTopic, subscribers, ackDeadlineSeconds } = await pubsub.lookUp();
  if (sourceTopic === topic) {
    throw new UsageError(
      `--topic is the topic that ${subscription} itself is fed by: expected the one the messages came from before they were dead-lettered.`,
    );
  }
  const names = subscribers?.map((name) => basename(name)).join(', ');
  const idleSeconds = idle ?? (ackDeadlineSeconds ?? USUAL_ACK_DEADLINE_SECONDS) + 2;
  writeLines(
    output.stdout,
    `From ${subscription}`,
    `To   ${topic}`,
    !dryRun && (names === '' ? NO_SUBSCRIBER : `${REPEATED}${names ?? 'these credentials may not list them'}.`),
    `Ends when no message has come for ${idleSeconds} s.`,
  );
  const bounds = { idleMs: idleSeconds * 1_000, stop };
  const command = commandFor({ ...request, subscription, topic });
  if (dryRun) {
    await listDeadLetters(pubsub, bounds, output, command);
    return true;
  }
  const progress = showProgress(output.stdout);
  const outcome = await moveDeadLetters(pubsub, bounds, progress.update).finally(progress.end);
  return report(output, outcome, stop.aborted, command);
}

/**
 * The full name `projects/P/topics/T` or `projects/P/subscriptions/S` of what an option gives by id or full name.
 * @throws UsageError
 */
export function fullName(option: 'topic' | 'subscription', given: string, project: string | undefined): string {
  const [, owner = project, collection = `${option}s`, id = given] = FULL_NAME.exec(given) ?? [];
  if (collection !== `${option}s` || !ID.test(id)) {
    throw new UsageError(
      `--${option} expects an id such as my-name, or projects/PROJECT/${option}s/ID; got "${given}".`,
    );
  }
  if (!owner) {
    throw new UsageError(
      `--${option} ${given} needs a project: give --project, or projects/PROJECT/${collection}/${id}.`,
    );
  }
  return `projects/${owner}/${collection}/${id}`;
}

/** What to type to move everything, whatever the shell's own settings are by then. */
function commandFor({ subscription, topic, emulatorHost, idle }: Request): string {
  const environment = emulatorHost === undefined ? '' : `PUBSUB_EMULATOR_HOST=${shellQuote(emulatorHost)} `;
  const options = `--subscription ${subscription} --topic ${topic}${idle === undefined ? '' : ` --idle ${idle}`}`;
  return `${environment}npm run redrive -- ${options}`;
}
