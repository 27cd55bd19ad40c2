import { Presets, SingleBar } from 'cli-progress';
import { escapeControls } from '../../shared/escape-controls.ts';
import { nameOf } from './dead-letter.ts';
import type { Run } from './move.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, pullUntilEmpty } from './pull.ts';

/** Where a run writes to. */
export interface Output {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/** What the process ends with. */
export const EXIT = { moved: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Where the leases of what stays could not be ended. */
const LEASED =
  'The messages that stay could not be released: they can be pulled again when their ack deadline has passed.';
/** The most that a pull may ask for: nothing but ack ids is kept of it. */
const MAX_MESSAGES = 1_000;
/** Where there is no terminal. */
const LINE_EVERY_MS = 2_000;
const MAX_LISTED_FAILURES = 20;

/** Writes lines, whatever texts of others are in them. What is false or undefined is left out. */
export function writeLines(stream: NodeJS.WritableStream, ...lines: readonly (string | false | undefined)[]): void {
  for (const line of lines) if (line) stream.write(`${escapeControls(line)}\n`);
}

/**
 * Shows every dead letter once, and releases all of them at the end: nothing is published or acknowledged.
 * @param command moves them.
 */
export async function listDeadLetters(pubsub: PubSub, bounds: Bounds, output: Output, command: string): Promise<void> {
  const { stdout, stderr } = output;
  const ackIds = new Map<string, string>();
  const bySource = new Map<string, number>();
  let released = false;
  try {
    for await (const { fresh } of pullUntilEmpty(pubsub, MAX_MESSAGES, bounds, ackIds)) {
      for (const deadLetter of fresh) {
        const { subscription = 'unknown', attempts = '?', publishedAt = deadLetter.deadLetteredAt } = deadLetter.source;
        if (bySource.size === 0) writeLines(stdout, row('SOURCE SUBSCRIPTION', 'ATTEMPTS', 'PUBLISHED', 'WEBHOOK ID'));
        bySource.set(subscription, (bySource.get(subscription) ?? 0) + 1);
        writeLines(stdout, row(subscription, attempts, publishedAt.toISOString(), nameOf(deadLetter)));
      }
    }
  } finally {
    released = await pubsub.release([...ackIds.values()]);
  }
  for (const [source, count] of bySource) writeLines(stdout, `${count} from ${source}`);
  writeLines(stdout, `Dry run: ${ackIds.size} would be moved. Nothing was changed.`);
  if (!released) writeLines(stderr, LEASED);
  if (ackIds.size > 0) writeLines(stdout, 'To move them:', `  ${command}`);
}

function row(source: string, attempts: string, published: string, name: string): string {
  const [shown, times, id] = [source, attempts, name].map(escapeControls);
  return `${shown?.padEnd(32)}  ${times?.padStart(8)}  ${published.padEnd(24)}  ${id}`;
}

/** Shows progress with a bar on a terminal; elsewhere, as in a CI log, with a line every two seconds. */
export function showProgress(stream: Output['stdout']) {
  const bar = new SingleBar(
    { format: ' {bar} {value} of {total} done | {failed} failed | {duration_formatted}', hideCursor: true, stream },
    Presets.shades_classic,
  );
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update({ pulled, moved, failures }: Pick<Run, 'pulled' | 'moved' | 'failures'>): void {
      const [done, failed] = [moved.size + failures.length, failures.length];
      if (stream.isTTY) {
        if (!bar.isActive) bar.start(pulled, 0, { failed: 0 });
        bar.setTotal(pulled);
        bar.update(done, { failed });
      } else if (done === pulled || performance.now() - shownAt >= LINE_EVERY_MS) {
        shownAt = performance.now();
        stream.write(`${moved.size} moved, ${failed} failed, of ${pulled} pulled so far\n`);
      }
    },
    /** Leaves the terminal as it should be. */
    end: () => bar.stop(),
  };
}

/**
 * Says what a run did.
 * @param command moves what stays.
 * @returns true where nothing stays that could have been moved.
 */
export function report({ stdout, stderr }: Output, run: Run, interrupted: boolean, command: string): boolean {
  const { pulled, moved, failures, unacknowledged, returned, released, fatal } = run;
  const notMoved = pulled - moved.size;
  const done = notMoved + returned + unacknowledged.size === 0 && !fatal;
  writeLines(
    stderr,
    ...failures.slice(0, MAX_LISTED_FAILURES).map(({ name, why }) => `  ${name}: ${why}`),
    failures.length > MAX_LISTED_FAILURES && `  and ${failures.length - MAX_LISTED_FAILURES} more`,
  );
  writeLines(
    stdout,
    `${interrupted ? 'Interrupted: ' : ''}${moved.size} moved, ${failures.length} failed.`,
    notMoved > 0 && `${notMoved} not moved stay in the subscription.`,
    returned > 0 &&
      `${returned} stay, since they failed again after being moved, or equal one that was: find the cause, or run this again.`,
  );
  writeLines(
    stderr,
    unacknowledged.size > 0 &&
      `${unacknowledged.size} moved but not acknowledged: another run publishes them again, with the same webhookId.`,
    !released && LEASED,
    fatal && `redrive: stopped early. ${fatal.message}`,
  );
  if (!done || interrupted) writeLines(stdout, 'To move what stays:', `  ${command}`);
  return done;
}
