import { setTimeout as sleep } from 'node:timers/promises';
import type { RedriveAdvice } from './commands.ts';
import { readEventLog, SETTLE_MS } from './event-log.ts';
import { explain } from './explanation.ts';
import { type Hop, sortHops } from './hop.ts';

const POLL_MS = 50;

/** So many characters tell one webhook id from the others. */
export const MIN_PREFIX = 8;

/**
 * The events that a webhook id, the beginning of one, or an incident id stands for, oldest first.
 * Each has its hops in order, all deliveries of its message included.
 */
export function timelinesOf(hops: readonly Hop[], id: string): Hop[][] {
  const matches = ({ webhookId, incidentId }: Hop): boolean =>
    incidentId === id || webhookId === id || (id.length >= MIN_PREFIX && webhookId?.startsWith(id) === true);
  const events = [...Map.groupBy(hops, ({ event }) => event).values()];
  return events.filter((own) => own.some(matches)).map(sortHops);
}

/** What the first hop says that says it. */
export function idOf(hops: readonly Hop[], kind: 'webhookId' | 'incidentId'): string | undefined {
  return hops.find((hop) => hop[kind] !== undefined)?.[kind];
}

/** True once nothing more is to come, other than a delivery after a pause. */
export function isOver(hops: readonly Hop[]): boolean {
  const last = hops.findLast(({ name }) => name === 'received' || name === 'verified' || name === 'published');
  if (last !== undefined && last.state !== 'done') return true;
  return hops.some(({ name }) => name === 'decided');
}

/**
 * The hops that say how an event stands: where the webhook has accepted or stopped it, and for each
 * subscriber what became of the latest delivery. What was repaired meanwhile is not among them.
 */
export function currentHops(hops: readonly Hop[]): Hop[] {
  return [...Map.groupBy(hops, ({ subscription = 'webhook' }) => subscription).values()].flatMap((own) => {
    const last = own.at(-1);
    const latest = own.filter((hop) => hop === last || (hop.delivery !== undefined && hop.delivery === last?.delivery));
    // The subscriber's own line, and that Pub/Sub gave up, say more than the status that Pub/Sub saw.
    const final = latest.filter(({ name, reason }) => name === 'decided' || reason === 'dead-lettered');
    return final.length > 0 ? final : latest;
  });
}

/** What the state of an event means and what to do about it, each sentence once. */
export function conclusions(hops: readonly Hop[], redriveAdvice: RedriveAdvice): string[] {
  const sentences = currentHops(hops)
    .filter(({ state }) => state !== 'skipped')
    .map((hop) => explain(hop, redriveAdvice));
  return [...new Set(sentences.filter((sentence) => sentence !== undefined))];
}

/**
 * Waits until the local system has dealt with a webhook.
 * @param since what happened before is another sending of the same webhook.
 * @returns its hops as far as they have come by then.
 */
export async function awaitHops(folder: string, webhookId: string, since: Date, timeoutMs: number): Promise<Hop[]> {
  const until = performance.now() + timeoutMs;
  // The functions round durations, and so the time at which a request began, to a millisecond.
  const sinceMs = since.getTime() - 1;
  const isOwn = ({ event, at }: Hop): boolean => event === webhookId && Date.parse(at) >= sinceMs;
  const read = (): Hop[] => sortHops(readEventLog(folder).filter(isOwn));
  while (performance.now() < until && !isOver(read())) await sleep(POLL_MS);
  // For the other subscribers.
  await sleep(SETTLE_MS);
  return read();
}
