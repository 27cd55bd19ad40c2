/** A point in time by which something must be done. */
export interface Deadline {
  /** Milliseconds left, never negative. */
  remaining(): number;
  /**
   * Settles like `work`, but rejects with `late()` when the time is up; the result of `work` is
   * then ignored.
   */
  race<Result>(work: Promise<Result>, late: () => Error): Promise<Result>;
}

/**
 * A deadline `budgetMs` after `startedAt`, on the clock of `performance.now()`; `startedAt`
 * defaults to now.
 */
export function deadlineAfter(budgetMs: number, startedAt: number = performance.now()): Deadline {
  const remaining = () => Math.max(0, startedAt + budgetMs - performance.now());
  return {
    remaining,
    race: (work, late) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(late()), remaining());
        work.then(resolve, reject).finally(() => clearTimeout(timer));
      }),
  };
}
