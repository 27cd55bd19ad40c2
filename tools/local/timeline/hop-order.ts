import { HOP_NAMES, type Hop } from './hop.ts';

/** Lines of two processes and events of a third come out of order by less than this. */
export const SETTLE_MS = 120;

/**
 * Puts the hops of an event that arrive together in order.
 * @param emit called with each hop, at most `SETTLE_MS` after the first of those that came with it.
 */
export function sortLive(emit: (hop: Hop) => void): { push(hop: Hop): void; flush(): void } {
  const waiting = new Map<string, { readonly hops: Hop[]; readonly timer: NodeJS.Timeout }>();
  const emitEvent = (event: string): void => {
    const { hops = [], timer } = waiting.get(event) ?? {};
    clearTimeout(timer);
    waiting.delete(event);
    sortHops(hops).forEach(emit);
  };
  return {
    push(hop) {
      const { event } = hop;
      const together = waiting.get(event);
      if (together) together.hops.push(hop);
      else waiting.set(event, { hops: [hop], timer: setTimeout(() => emitEvent(event), SETTLE_MS) });
    },
    flush: () => [...waiting.keys()].forEach(emitEvent),
  };
}

/** Hops by time; those of the same millisecond in the order of an event. */
export function sortHops(hops: readonly Hop[]): Hop[] {
  const rank = ({ name }: Hop): number => HOP_NAMES.indexOf(name);
  return hops.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || rank(a) - rank(b));
}
