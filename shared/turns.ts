/** Starts a read when it is its turn; false where there is nothing left to read, so that the next one follows at once. */
export type Read = () => boolean;

/**
 * Grants one turn in each turn of the event loop, for the whole process, the oldest first.
 *
 * One read from a connection takes up to 64 KiB. Sent in chunks of a byte, which somebody without the secret may do,
 * that is 10,923 chunks and 19 ms. Were each of 80 connections read in every turn of the event loop, everybody else
 * would wait for 1.5 s at each step.
 */
export function turns(): (read: Read) => void {
  const waiting: Read[] = [];
  const grant = (): void => {
    while (waiting.length > 0 && waiting.shift()?.() === false);
    if (waiting.length > 0) setImmediate(grant);
  };
  return (read) => {
    if (waiting.push(read) === 1) setImmediate(grant);
  };
}
