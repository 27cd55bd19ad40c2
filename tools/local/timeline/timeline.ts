import { setTimeout as sleep } from 'node:timers/promises';
import { type EventLogEntry, readEventLog } from './event-log.ts';
import { explain } from './explanation.ts';
import { type Hop, toHops } from './hop.ts';
import { SETTLE_MS, sortHops } from './hop-order.ts';

/** The way of one webhook, all deliveries of its message included. */
export interface Timeline {
  readonly webhookId: string | undefined;
  readonly hops: readonly Hop[];
}

const POLL_MS = 50;

/** The terminal shows no more than the beginning of a webhook id. */
const MIN_PREFIX = 8;

/** The stories that a webhook id, the beginning of one, or an incident id stands for, oldest first. */
export function timelinesOf(entries: readonly EventLogEntry[], id: string): Timeline[] {
  const hops = entries.flatMap(toHops);
  const matches = ({ webhookId, incidentId }: Hop): boolean =>
    incidentId === id || webhookId === id || (id.length >= MIN_PREFIX && webhookId?.startsWith(id) === true);
  const ids = new Set(hops.filter(matches).map(({ webhookId }) => webhookId));
  return [...ids].map((webhookId) => ({
    webhookId,
    hops: sortHops(hops.filter((hop) => hop.webhookId === webhookId)),
  }));
}

/** True once nothing more is to come, other than a delivery after a pause. */
export function isOver(hops: readonly Hop[]): boolean {
  const last = hops.findLast(({ name }) => name === 'received' || name === 'verified' || name === 'published');
  if (last !== undefined && last.state !== 'done') return true;
  return hops.some(({ name }) => name === 'decided');
}

/** What the ends of a story mean, each sentence once. */
export function conclusions(hops: readonly Hop[]): string[] {
  const answered = hops.some(({ name }) => name === 'decided');
  const sentences = hops
    // The subscriber's own line says more than the status that Pub/Sub saw.
    .filter(({ name, reason }) => !(name === 'delivered' && reason !== 'dead-lettered' && answered))
    .map(explain);
  return [...new Set(sentences.filter((sentence) => sentence !== undefined))];
}

/**
 * Waits until the local system has dealt with a webhook.
 * @param since what was noted before is another sending of the same webhook.
 * @returns as far as the story has come by then.
 */
export async function awaitTimeline(
  file: string,
  webhookId: string,
  since: Date,
  timeoutMs: number,
): Promise<Timeline> {
  const until = performance.now() + timeoutMs;
  const read = (): Timeline =>
    timelinesOf(
      readEventLog(file).filter(({ at }) => new Date(at) >= since),
      webhookId,
    )[0] ?? { webhookId, hops: [] };
  while (performance.now() < until) {
    if (isOver(read().hops)) {
      await sleep(SETTLE_MS);
      break;
    }
    await sleep(POLL_MS);
  }
  return read();
}
