import { HOP_NAMES, type Hop } from './hop.ts';

/** Lines of two processes and events of a third come out of order by less than this. */
export const SETTLE_MS = 120;

/**
 * Puts hops that arrive together into the order of the way: event by event, hop by hop.
 * @param emit told each hop, at most `SETTLE_MS` later.
 */
export function sortLive(emit: (hop: Hop) => void): { push(hop: Hop): void; flush(): void } {
  let waiting: Hop[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const ids = [...new Set(waiting.map(({ webhookId }) => webhookId))];
    const rank = ({ webhookId, name }: Hop): number =>
      ids.indexOf(webhookId) * HOP_NAMES.length + HOP_NAMES.indexOf(name);
    const ordered = waiting.toSorted((a, b) => rank(a) - rank(b));
    waiting = [];
    withoutLag(ordered).forEach(emit);
  };
  return {
    push(hop) {
      waiting.push(hop);
      timer ??= setTimeout(flush, SETTLE_MS);
    },
    flush,
  };
}

/** Steps by time, but what lies less than `SETTLE_MS` apart by hop. */
export function sortHops(hops: readonly Hop[]): Hop[] {
  const ordered: Hop[] = [];
  let group: Hop[] = [];
  const close = (): void => {
    const byHop = group.toSorted((a, b) => HOP_NAMES.indexOf(a.name) - HOP_NAMES.indexOf(b.name));
    ordered.push(...withoutLag(byHop));
    group = [];
  };
  for (const hop of hops) {
    const [first] = group;
    if (first && Date.parse(hop.at) - Date.parse(first.at) > SETTLE_MS) close();
    group.push(hop);
  }
  close();
  return ordered;
}

/** A line is read somewhat later than it was written: no hop is given a later time than the next hop of the same event. */
function withoutLag(ordered: readonly Hop[]): Hop[] {
  const next = new Map<string | undefined, string>();
  return ordered
    .toReversed()
    .map((hop) => {
      const after = next.get(hop.webhookId);
      const at = hop.webhookId !== undefined && after !== undefined && after < hop.at ? after : hop.at;
      next.set(hop.webhookId, at);
      return { ...hop, at };
    })
    .toReversed();
}
