/** Calls `read` when it is its turn. */
export type InTurn = (read: () => void) => void;

/**
 * One turn in each turn of the event loop, for the whole process.
 *
 * One read from a connection takes up to 64 KiB. Sent in chunks of a byte, which somebody without the secret may do,
 * that is 10,923 chunks and 19 ms. Were each of 80 connections read in every turn of the event loop, everybody else
 * would wait for 1.5 s at each step.
 * @param order who comes next of those that wait.
 */
export function turns(order: 'oldest first' | 'newest first'): InTurn {
  const waiting: (() => void)[] = [];
  const grant = (): void => {
    const read = order === 'oldest first' ? waiting.shift() : waiting.pop();
    read?.();
    if (waiting.length > 0) setImmediate(grant);
  };
  return (read) => {
    if (waiting.push(read) === 1) setImmediate(grant);
  };
}
