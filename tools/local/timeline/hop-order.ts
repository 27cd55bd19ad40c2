import { HOP_NAMES, type Hop } from './hop.ts';

/** Lines of two processes and events of a third come out of order by less than this. */
export const SETTLE_MS = 120;

/**
 * Puts hops that arrive together in order: event by event, by time.
 * @param emit called with each hop, at most `SETTLE_MS` later.
 */
export function sortLive(emit: (hop: Hop) => void): { push(hop: Hop): void; flush(): void } {
  let waiting: Hop[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const byEvent = Map.groupBy(waiting, ({ event }) => event);
    waiting = [];
    for (const hops of byEvent.values()) sortHops(hops).forEach(emit);
  };
  return {
    push(hop) {
      waiting.push(hop);
      timer ??= setTimeout(flush, SETTLE_MS);
    },
    flush,
  };
}

/** Hops by time; those of the same millisecond in the order of an event. */
export function sortHops(hops: readonly Hop[]): Hop[] {
  const rank = ({ name }: Hop): number => HOP_NAMES.indexOf(name);
  return hops.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || rank(a) - rank(b));
}
