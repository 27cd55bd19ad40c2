import type { VirtualClock } from './clocks.ts';

/** Something to do at a virtual time; settles when it is done, whatever came of it. */
interface Task {
  readonly due: number;
  readonly run: () => Promise<void>;
}

/** What is due when, and how far apart in virtual time things may be under way together. */
export interface Scheduler {
  add(due: number, run: () => Promise<void>): void;
  /** Works until nothing is left. */
  work(): Promise<void>;
}

/**
 * Runs tasks in the order of their virtual times.
 * @param concurrency tasks under way at once.
 * @param horizonMs the clock never gets further ahead than this of a task that is still under way:
 *   what it signed must not grow old on the way.
 */
export function createScheduler(clock: VirtualClock, concurrency: number, horizonMs: number): Scheduler {
  const heap: Task[] = [];
  const underway = new Set<{ readonly since: number }>();
  let finish: () => void = () => {};

  function start({ due, run }: Task): void {
    clock.advanceTo(due);
    const mark = { since: clock.now() };
    underway.add(mark);
    void run().finally(() => {
      underway.delete(mark);
      pump();
    });
  }

  function pump(): void {
    for (let next = heap[0]; next !== undefined && underway.size < concurrency; next = heap[0]) {
      // Tasks begin in the order of the clock, so the first one under way is the oldest.
      const [oldest] = underway;
      if (oldest !== undefined && next.due > oldest.since + horizonMs) return;
      removeFirst(heap);
      start(next);
    }
    if (heap.length === 0 && underway.size === 0) finish();
  }

  return {
    add(due, run) {
      insert(heap, { due, run });
    },
    work: () =>
      new Promise((resolve) => {
        finish = resolve;
        pump();
      }),
  };
}

function insert(heap: Task[], task: Task): void {
  let at = heap.push(task) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || above.due <= task.due) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = task;
}

function removeFirst(heap: Task[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    const child = right !== undefined && left !== undefined && right.due < left.due ? 2 * at + 2 : 2 * at + 1;
    const below = heap[child];
    if (below === undefined || below.due >= last.due) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}
