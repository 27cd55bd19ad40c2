import type { Deadline } from './deadline.ts';

/** How items are combined. */
export interface BatchOptions<Item> {
  /** Maximum of items in one batch. */
  readonly maxItems: number;
  /** Maximum size of one batch, in the unit of `sizeOf`; a larger item gets its own batch. */
  readonly maxSize: number;
  readonly sizeOf: (item: Item) => number;
  /**
   * Maximum of batches at the same time; further items wait, and share the next batch. No maximum
   * by default.
   */
  readonly concurrency?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly deadline: Deadline;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Adds one item to a batch; settles with its result, or rejects with `late()` once the deadline has
 * passed.
 */
export type Batched<Item, Result> = (item: Item, deadline: Deadline, late: () => Error) => Promise<Result>;

/**
 * Lets items that arrive together share a round trip: those of one turn of the event loop, and
 * those that arrive while `concurrency` batches are under way. A lone item does not wait.
 * @param callBatch gets at least one item and the latest of their deadlines, and returns one result
 *   for each, in the same order. An item without a result is rejected. If it throws, every item of
 *   the batch is rejected.
 */
export function batch<Item, Result>(
  callBatch: (items: readonly Item[], deadline: Deadline) => Promise<readonly Result[]>,
  options: BatchOptions<Item>,
): Batched<Item, Result> {
  const { concurrency = Number.POSITIVE_INFINITY } = options;
  let queue: Waiting<Item, Result>[] = [];
  let underWay = 0;

  async function run(waiting: readonly Waiting<Item, Result>[]): Promise<void> {
    underWay += 1;
    try {
      const latest = waiting.map(({ deadline }) => deadline).reduce((a, b) => (a.remaining() >= b.remaining() ? a : b));
      const results = await callBatch(
        waiting.map(({ item }) => item),
        latest,
      );
      for (const [index, { resolve, reject }] of waiting.entries()) {
        const result = results[index];
        if (result === undefined) reject(new Error('fewer results than items'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    } finally {
      underWay -= 1;
      flush();
    }
  }

  function flush(): void {
    queue = queue.filter(({ deadline }) => deadline.remaining() > 0);
    while (queue.length > 0 && underWay < concurrency) {
      const count = countOfFirst(queue, options);
      void run(queue.slice(0, count));
      queue = queue.slice(count);
    }
  }

  return (item, deadline, late) => {
    const result = new Promise<Result>((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush);
      queue.push({ item, deadline, resolve, reject });
    });
    return deadline.race(result, late);
  };
}

/** How many of the first items fit into one batch. */
function countOfFirst<Item>(queue: readonly { item: Item }[], options: BatchOptions<Item>): number {
  let size = 0;
  const end = queue.slice(0, options.maxItems).findIndex(({ item }, index) => {
    size += options.sizeOf(item);
    return index > 0 && size > options.maxSize;
  });
  return end === -1 ? Math.min(queue.length, options.maxItems) : end;
}
