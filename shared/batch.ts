interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** How much may be served together. */
export interface BatchLimits<Item> {
  readonly items: number;
  /** In the same unit as `sizeOf`. */
  readonly size: number;
  readonly sizeOf: (item: Item) => number;
}

/**
 * Serves together what is asked for within one turn of the event loop, so that requests that arrive together share a round trip while a lone
 * one does not wait.
 * @param serve gets at least one item, and answers in the same order. What it throws, each caller of the batch gets.
 */
export function gather<Item, Result>(
  serve: (items: readonly [Item, ...Item[]]) => Promise<readonly Result[]>,
  limits: BatchLimits<Item>,
): (item: Item) => Promise<Result> {
  let queue: Waiting<Item, Result>[] = [];

  async function serveBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const [first, ...others] = batch.map(({ item }) => item);
    if (first === undefined) return;
    try {
      const results = await serve([first, ...others]);
      for (const [at, { resolve, reject }] of batch.entries()) {
        const result = results[at];
        if (result === undefined) reject(new Error('the batch was answered in part'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  function flush(): void {
    const batches = inBatches(queue, limits);
    queue = [];
    for (const batch of batches) void serveBatch(batch);
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (queue.length === 0) setImmediate(flush);
      queue.push({ item, resolve, reject });
    });
}

function inBatches<Item, Result>(
  queue: readonly Waiting<Item, Result>[],
  limits: BatchLimits<Item>,
): Waiting<Item, Result>[][] {
  const batches: Waiting<Item, Result>[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const waiting of queue) {
    const added = limits.sizeOf(waiting.item);
    if (size + added > limits.size || (batches.at(-1)?.length ?? 0) >= limits.items) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(waiting);
    size += added;
  }
  return batches;
}
