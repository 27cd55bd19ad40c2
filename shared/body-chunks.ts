import type { IncomingMessage } from 'node:http';

const NOTHING = Buffer.alloc(0);

/**
 * Has `take` get each chunk of a request's body, and the connection read at most once in a turn of the event loop.
 *
 * A read is 64 KiB at most. Sent in chunks of a byte, which somebody without the secret may do, that is 10,923 chunks, and Node would read
 * up to 32 times before anything else got its turn. Its HTTP parser pushes each chunk into the request's stream, and stops reading where
 * `push` returns false; pushing nothing has the stream ask for more (`readable.push('')` in Node's documentation). A chunk that is taken in
 * `push` also costs half of what it costs behind the stream's queue.
 *
 * @returns a function that ends it; the connection is then read no further, unless the body had already come to its end.
 */
export function onChunk(req: IncomingMessage, take: (chunk: Buffer) => void): () => void {
  const push = req.push;
  let ended = false;
  let waiting = false;

  const readOn = (): void => {
    waiting = false;
    if (!ended && !req.complete) push.call(req, NOTHING);
  };
  req.push = (chunk: Buffer | null) => {
    if (chunk === null) return push.call(req, null);
    if (!ended) take(chunk);
    if (!waiting) setImmediate(readOn);
    waiting = true;
    return false;
  };
  req.on('data', take);
  return () => {
    ended = true;
    req.off('data', take);
  };
}
