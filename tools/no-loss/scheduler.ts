/** See `createScheduler`. */
export type Scheduler = ReturnType<typeof createScheduler>;

interface Task {
  readonly due: number;
  readonly run: () => void | Promise<void>;
}

/**
 * Time never gets further ahead than this of a task that is still under way: what it signed must
 * not grow old on the way, and a signature is good for 300 s.
 */
const HORIZON_MS = 240_000;

/**
 * Runs tasks in the order of virtual time, which leaps from one that is due to the next, so that
 * 28 hours of retries take seconds.
 * @param concurrency tasks under way at once.
 */
export function createScheduler(concurrency: number) {
  const startedAtMs = Date.now();
  const queue: Task[] = [];
  const underway = new Set<{ readonly since: number }>();
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  let now = 0;

  async function start({ due, run }: Task): Promise<void> {
    now = Math.max(now, due);
    const mark = { since: now };
    underway.add(mark);
    await run();
    underway.delete(mark);
    startDue();
  }

  function startDue(): void {
    for (let [next] = queue; next && underway.size < concurrency; [next] = queue) {
      // Tasks begin in the order of time, so the first one under way is the oldest.
      const [oldest] = underway;
      if (oldest && next.due > oldest.since + HORIZON_MS) return;
      queue.shift();
      void start(next);
    }
    if (queue.length === 0 && underway.size === 0) finish();
  }

  return {
    /** Virtual milliseconds since the run began. */
    now: () => now,
    /** Virtual time in Unix seconds. */
    seconds: () => (startedAtMs + now) / 1000,
    /** Has a task run once `now()` is `due`, or next if it is. */
    add(due: number, run: Task['run']): void {
      const later = queue.findIndex((task) => task.due > due);
      queue.splice(later === -1 ? queue.length : later, 0, { due, run });
    },
    /** Works until nothing is left. */
    work(): Promise<void> {
      startDue();
      return finished;
    },
  };
}
