import { escapeControls } from '../../shared/escape-controls.ts';
import { type DeadLetter, nameOf } from './dead-letter.ts';
import { Leases } from './leases.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, pullUntilEmpty } from './pull.ts';

/** What a dry run saw. */
export interface Listing {
  readonly total: number;
  /** Messages by the subscription they were dead-lettered from. */
  readonly bySource: ReadonlyMap<string, number>;
  /** False where leases could not be released; they run out by themselves. */
  readonly released: boolean;
}

/** The most that a pull may ask for: nothing but ack ids is kept of it. */
const MAX_MESSAGES = 1_000;

/**
 * Shows every dead letter once, and releases all of them at the end: nothing is published or acknowledged.
 * @param write prints one line.
 */
export async function listDeadLetters(pubsub: PubSub, bounds: Bounds, write: (line: string) => void): Promise<Listing> {
  const seen = new Leases();
  const bySource = new Map<string, number>();
  let released = true;
  const show = (deadLetter: DeadLetter): void => {
    if (seen.size === 0) write(row('SOURCE SUBSCRIPTION', 'ATTEMPTS', 'PUBLISHED', 'WEBHOOK ID'));
    const { subscription = 'unknown', attempts = '?', publishedAt = deadLetter.deadLetteredAt } = deadLetter.source;
    bySource.set(subscription, (bySource.get(subscription) ?? 0) + 1);
    write(row(subscription, attempts, publishedAt.toISOString(), nameOf(deadLetter)));
  };
  try {
    for await (const batch of pullUntilEmpty(pubsub, MAX_MESSAGES, bounds, (deadLetter) => !seen.has(deadLetter))) {
      for (const deadLetter of batch) {
        if (!seen.has(deadLetter)) show(deadLetter);
        seen.add(deadLetter);
      }
    }
  } finally {
    released = await seen.release(pubsub);
  }
  return { total: seen.size, bySource, released };
}

function row(source: string, attempts: string, published: string, name: string): string {
  const [shown, times, id] = [source, attempts, name].map(escapeControls);
  return `${shown?.padEnd(32)}  ${times?.padStart(8)}  ${published.padEnd(24)}  ${id}`;
}
