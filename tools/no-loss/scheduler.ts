/** Runs tasks in the order of virtual time, which leaps from one that is due to the next: 28 hours of retries take seconds. */
export interface Scheduler {
  /** Virtual milliseconds since the run began. */
  now(): number;
  /** Virtual time in Unix seconds. */
  seconds(): number;
  /** Has `run` called once `now()` is `due`; what is due already is called next. */
  add(due: number, run: () => void | Promise<void>): void;
  /** Works until nothing is left. */
  work(): Promise<void>;
}

interface Task {
  readonly due: number;
  readonly run: () => void | Promise<void>;
}

/**
 * Time never gets further ahead than this of a task that is still under way: what it signed must
 * not grow old on the way, and a signature is good for 300 s.
 */
const HORIZON_MS = 240_000;

/** @param concurrency tasks under way at once. */
export function createScheduler(concurrency: number): Scheduler {
  const startedAt = Date.now();
  let now = 0;
  const queue: Task[] = [];
  const underway = new Set<{ readonly since: number }>();
  let finish: () => void = () => {};

  async function start({ due, run }: Task): Promise<void> {
    now = Math.max(now, due);
    const mark = { since: now };
    underway.add(mark);
    await run();
    underway.delete(mark);
    startDue();
  }

  function startDue(): void {
    for (let next = queue[0]; next !== undefined && underway.size < concurrency; next = queue[0]) {
      // Tasks begin in the order of time, so the first one under way is the oldest.
      const [oldest] = underway;
      if (oldest !== undefined && next.due > oldest.since + HORIZON_MS) return;
      queue.shift();
      void start(next);
    }
    if (queue.length === 0 && underway.size === 0) finish();
  }

  return {
    now: () => now,
    seconds: () => (startedAt + now) / 1000,
    add(due, run) {
      const later = queue.findIndex((task) => task.due > due);
      queue.splice(later === -1 ? queue.length : later, 0, { due, run });
    },
    work: () =>
      new Promise((resolve) => {
        finish = resolve;
        startDue();
      }),
  };
}
