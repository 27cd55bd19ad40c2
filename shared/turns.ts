/** Starts a read; false if there is nothing left to read, so that the next one runs at once. */
export type Read = () => boolean;

/**
 * Runs one read in each turn of the event loop, for the whole process, oldest first.
 *
 * One read from a connection is up to 64 KiB. In one-byte chunks, which anybody may send, that is
 * 10,923 chunks and 19 ms. If each of 80 connections were read in every turn of the event loop,
 * every other request would wait for 1.5 s at each step.
 */
export function turns(): (read: Read) => void {
  const waiting: Read[] = [];
  const grant = (): void => {
    let hasRead = false;
    while (waiting.length > 0 && !hasRead) hasRead = waiting.shift()?.() ?? false;
    if (waiting.length > 0) setImmediate(grant);
  };
  return (read) => {
    if (waiting.push(read) === 1) setImmediate(grant);
  };
}
