import { escapeControls } from '../../shared/escape-controls.ts';
import { type DeadLetter, nameOf } from './dead-letter.ts';
import { LEASED, type Output, writeLine } from './output.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, pullUntilEmpty } from './pull.ts';

/** The most that a pull may ask for: nothing but ack ids is kept of it. */
const MAX_MESSAGES = 1_000;

/**
 * Shows every dead letter once, and releases all of them at the end: nothing is published or acknowledged.
 * @param command moves them.
 */
export async function listDeadLetters(
  pubsub: PubSub,
  bounds: Bounds,
  { stdout, stderr }: Output,
  command: string,
): Promise<void> {
  /** Latest ack ids, by message id: all stay leased while the run lasts, so that none is pulled again. */
  const leased = new Map<string, string>();
  const bySource = new Map<string, number>();
  let released = false;
  const show = (deadLetter: DeadLetter): void => {
    if (leased.size === 0) writeLine(stdout, row('SOURCE SUBSCRIPTION', 'ATTEMPTS', 'PUBLISHED', 'WEBHOOK ID'));
    const { subscription = 'unknown', attempts = '?', publishedAt = deadLetter.deadLetteredAt } = deadLetter.source;
    bySource.set(subscription, (bySource.get(subscription) ?? 0) + 1);
    writeLine(stdout, row(subscription, attempts, publishedAt.toISOString(), nameOf(deadLetter)));
  };
  try {
    await pullUntilEmpty(pubsub, MAX_MESSAGES, bounds, (batch) => {
      const seen = leased.size;
      for (const deadLetter of batch) {
        if (!leased.has(deadLetter.messageId)) show(deadLetter);
        leased.set(deadLetter.messageId, deadLetter.ackId);
      }
      return leased.size > seen;
    });
  } finally {
    released = await pubsub.release([...leased.values()]);
  }
  for (const [source, count] of bySource) writeLine(stdout, `${count} from ${source}`);
  writeLine(stdout, `Dry run: ${leased.size} would be moved. Nothing was changed.`);
  if (!released) writeLine(stderr, LEASED);
  if (leased.size > 0) for (const line of ['To move them:', `  ${command}`]) writeLine(stdout, line);
}

function row(source: string, attempts: string, published: string, name: string): string {
  const [shown, times, id] = [source, attempts, name].map(escapeControls);
  return `${shown?.padEnd(32)}  ${times?.padStart(8)}  ${published.padEnd(24)}  ${id}`;
}
