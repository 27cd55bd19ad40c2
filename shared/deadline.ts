/** The answer is due 8 s after the request began (contract); this is when work on it stops, with room to write the answer. */
export const ANSWER_BUDGET_MS = 7_500;

/** A point in time by which a request must be answered. */
export interface Deadline {
  /** Milliseconds left, never negative. */
  remaining(): number;
  /** Settles as `work` does, but rejects with what `late` makes when the time is up first; `work` goes on unheard. */
  race<T>(work: Promise<T>, late: () => Error): Promise<T>;
}

/** A deadline `budgetMs` after `startedAt`, both on the clock of `performance.now()`. */
export function deadlineFrom(startedAt: number, budgetMs: number = ANSWER_BUDGET_MS): Deadline {
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
