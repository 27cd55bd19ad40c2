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
  const queue: { readonly due: number; readonly run: () => void | Promise<void> }[] = [];
  /** Tasks under way and when they began, the oldest first. */
  const underway = new Map<Promise<void>, number>();
  let now = 0;

  return {
    /** Virtual milliseconds since the run began. */
    now: () => now,
    /** Virtual time in Unix seconds. */
    seconds: () => (startedAtMs + now) / 1000,
    /** Has a task run once `now()` is `due`, or next if it is. */
    add(due: number, run: () => void | Promise<void>): void {
      queue.splice(queue.findLastIndex((task) => task.due <= due) + 1, 0, { due, run });
    },
    /** Works until nothing is left. Rejects with what a task throws. */
    async work(): Promise<void> {
      while (queue.length + underway.size > 0) {
        const [next] = queue;
        const [oldest = Number.POSITIVE_INFINITY] = underway.values();
        if (next === undefined || underway.size >= concurrency || next.due > oldest + HORIZON_MS) {
          await Promise.race(underway.keys());
          continue;
        }
        queue.shift();
        now = Math.max(now, next.due);
        const run = async (): Promise<void> => {
          await next.run();
          // One that throws stays, so that the next race ends with its error.
          underway.delete(task);
        };
        const task = run();
        underway.set(task, now);
      }
    },
  };
}
