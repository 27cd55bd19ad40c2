/**
 * Memoises an async factory: callers at the same time share one attempt, later ones its result.
 * A rejected attempt is forgotten, so that the next caller tries again.
 */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
