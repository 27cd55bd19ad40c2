import { STAGES, type Step } from './hop.ts';

/** Lines of two processes and events of a third come out of order by less than this. */
export const SETTLE_MS = 120;

/**
 * Puts steps that arrive together into the order of the way: event by event, hop by hop.
 * @param emit told each step, at most `SETTLE_MS` later.
 */
export function inOrder(emit: (step: Step) => void): { push(step: Step): void; flush(): void } {
  let waiting: Step[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const ids = [...new Set(waiting.map(({ webhookId }) => webhookId))];
    const rank = ({ webhookId, stage }: Step): number => ids.indexOf(webhookId) * STAGES.length + STAGES.indexOf(stage);
    const ordered = waiting.toSorted((a, b) => rank(a) - rank(b));
    waiting = [];
    withoutLag(ordered).forEach(emit);
  };
  return {
    push(step) {
      waiting.push(step);
      timer ??= setTimeout(flush, SETTLE_MS);
    },
    flush,
  };
}

/** Steps by time, but what lies less than `SETTLE_MS` apart by hop. */
export function inWayOrder(steps: readonly Step[]): Step[] {
  const ordered: Step[] = [];
  let group: Step[] = [];
  const close = (): void => {
    const byHop = group.toSorted((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
    ordered.push(...withoutLag(byHop));
    group = [];
  };
  for (const step of steps) {
    const [first] = group;
    if (first && Date.parse(step.at) - Date.parse(first.at) > SETTLE_MS) close();
    group.push(step);
  }
  close();
  return ordered;
}

/** A line is read somewhat later than it was written: no hop is given a later time than the next hop of the same event. */
function withoutLag(ordered: readonly Step[]): Step[] {
  const next = new Map<string | undefined, string>();
  return ordered
    .toReversed()
    .map((step) => {
      const after = next.get(step.webhookId);
      const at = step.webhookId !== undefined && after !== undefined && after < step.at ? after : step.at;
      next.set(step.webhookId, at);
      return { ...step, at };
    })
    .toReversed();
}
