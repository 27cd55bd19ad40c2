import { setTimeout as sleep } from 'node:timers/promises';
import type { RedriveAdvice } from './commands.ts';
import { type EventLogEntry, readEventLog } from './event-log.ts';
import { explain } from './explanation.ts';
import type { Hop } from './hop.ts';
import { SETTLE_MS, sortHops } from './hop-order.ts';
import { createHopReader } from './hop-reader.ts';

/** The hops of one event, all deliveries of its message included, in order. */
export interface Timeline {
  readonly event: string;
  readonly webhookId: string | undefined;
  readonly incidentId: string | undefined;
  readonly hops: readonly Hop[];
}

const POLL_MS = 50;

/** So many characters tell one webhook id from the others. */
export const MIN_PREFIX = 8;

/** The timelines that a webhook id, the beginning of one, or an incident id stands for, oldest first. */
export function timelinesOf(entries: readonly EventLogEntry[], id: string): Timeline[] {
  const matches = ({ webhookId, incidentId }: Hop): boolean =>
    incidentId === id || webhookId === id || (id.length >= MIN_PREFIX && webhookId?.startsWith(id) === true);
  const byEvent = Map.groupBy(entries.flatMap(createHopReader()), ({ event }) => event);
  return [...byEvent.values()].filter((hops) => hops.some(matches)).map(timelineOf);
}

function timelineOf(hops: readonly Hop[]): Timeline {
  const known = <K extends 'webhookId' | 'incidentId'>(key: K) => hops.find((hop) => hop[key] !== undefined)?.[key];
  return {
    event: hops[0]?.event ?? '',
    webhookId: known('webhookId'),
    incidentId: known('incidentId'),
    hops: sortHops(hops),
  };
}

/** True once nothing more is to come, other than a delivery after a pause. */
export function isOver(hops: readonly Hop[]): boolean {
  const last = hops.findLast(({ name }) => name === 'received' || name === 'verified' || name === 'published');
  if (last !== undefined && last.state !== 'done') return true;
  return hops.some(({ name }) => name === 'decided');
}

/**
 * The hops that say how an event stands: where the webhook has taken or stopped it, and for each
 * subscriber what became of the latest delivery. What was repaired meanwhile is not among them.
 */
export function currentHops(hops: readonly Hop[]): Hop[] {
  const parts = new Map<string, Hop[]>();
  for (const hop of hops) {
    const part = hop.subscription ?? 'webhook';
    const before = parts.get(part) ?? [];
    const same = hop.delivery !== undefined && hop.delivery === before[0]?.delivery;
    parts.set(part, same ? [...before, hop] : [hop]);
  }
  return [...parts.values()].flatMap((latest) => {
    // The subscriber's own line, and that Pub/Sub gave up, say more than the status that Pub/Sub saw.
    const final = ({ name, reason }: Hop): boolean => name === 'decided' || reason === 'dead-lettered';
    return latest.some(final) ? latest.filter(final) : latest;
  });
}

/** What the state of an event means and what to do about it, each sentence once. */
export function conclusions(hops: readonly Hop[], redriveAdvice?: RedriveAdvice): string[] {
  const sentences = currentHops(hops)
    .filter(({ state }) => state !== 'skipped')
    .map((hop) => explain(hop, redriveAdvice));
  return [...new Set(sentences.filter((sentence) => sentence !== undefined))];
}

/**
 * Waits until the local system has dealt with a webhook.
 * @param since what was noted before is another sending of the same webhook.
 * @returns its hops as far as they have come by then.
 */
export async function awaitHops(
  file: string,
  webhookId: string,
  since: Date,
  timeoutMs: number,
): Promise<readonly Hop[]> {
  const until = performance.now() + timeoutMs;
  const read = (): readonly Hop[] => {
    const entries = readEventLog(file).filter(({ at }) => new Date(at) >= since);
    return timelinesOf(entries, webhookId).find((timeline) => timeline.webhookId === webhookId)?.hops ?? [];
  };
  while (performance.now() < until) {
    if (isOver(read())) {
      await sleep(SETTLE_MS);
      break;
    }
    await sleep(POLL_MS);
  }
  return read();
}
