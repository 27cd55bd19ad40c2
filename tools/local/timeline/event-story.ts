import { setTimeout as sleep } from 'node:timers/promises';
import { type JournalEntry, readJournal } from './event-log.ts';
import { explain } from './explanation.ts';
import { type Step, toSteps } from './hop.ts';
import { inWayOrder, SETTLE_MS } from './hop-order.ts';

/** The way of one webhook, all deliveries of its message included. */
export interface EventStory {
  readonly webhookId: string | undefined;
  readonly steps: readonly Step[];
}

const POLL_MS = 50;

/** The terminal shows no more than the beginning of a webhook id. */
const MIN_PREFIX = 8;

/** The stories that a webhook id, the beginning of one, or an incident id stands for, oldest first. */
export function storiesOf(entries: readonly JournalEntry[], id: string): EventStory[] {
  const steps = entries.flatMap(toSteps);
  const matches = ({ webhookId, incidentId }: Step): boolean =>
    incidentId === id || webhookId === id || (id.length >= MIN_PREFIX && webhookId?.startsWith(id) === true);
  const ids = new Set(steps.filter(matches).map(({ webhookId }) => webhookId));
  return [...ids].map((webhookId) => ({
    webhookId,
    steps: inWayOrder(steps.filter((step) => step.webhookId === webhookId)),
  }));
}

/** True once nothing more is to come, other than a delivery after a pause. */
export function isOver(steps: readonly Step[]): boolean {
  const last = steps.findLast(({ stage }) => stage === 'received' || stage === 'verified' || stage === 'published');
  if (last !== undefined && last.state !== 'done') return true;
  return steps.some(({ stage }) => stage === 'decided');
}

/** What the ends of a story mean, each sentence once. */
export function conclusions(steps: readonly Step[]): string[] {
  const answered = steps.some(({ stage }) => stage === 'decided');
  const sentences = steps
    // The subscriber's own line says more than the status that Pub/Sub saw.
    .filter(({ stage, reason }) => !(stage === 'delivered' && reason !== 'dead-lettered' && answered))
    .map(explain);
  return [...new Set(sentences.filter((sentence) => sentence !== undefined))];
}

/**
 * Waits until the local system has dealt with a webhook.
 * @param since what was noted before is another sending of the same webhook.
 * @returns as far as the story has come by then.
 */
export async function awaitStory(file: string, webhookId: string, since: Date, timeoutMs: number): Promise<EventStory> {
  const until = performance.now() + timeoutMs;
  const read = (): EventStory =>
    storiesOf(
      readJournal(file).filter(({ at }) => new Date(at) >= since),
      webhookId,
    )[0] ?? { webhookId, steps: [] };
  while (performance.now() < until) {
    if (isOver(read().steps)) {
      await sleep(SETTLE_MS);
      break;
    }
    await sleep(POLL_MS);
  }
  return read();
}
