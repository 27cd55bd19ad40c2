import type { IncomingMessage } from 'node:http';
import { turns } from './turns.ts';

/** Why a body could not be read. */
export type BodyFault = 'expectation' | 'content_encoding' | 'too_large' | 'body_timeout' | 'body_aborted';

const NOTHING = Buffer.alloc(0);
/**
 * After this many chunks, the connection waits for its turn. 1 MiB in reads of 64 KiB is 16 chunks:
 * it never waits.
 */
const CHUNKS_BEFORE_TURN = 16;

const furtherReads = turns();
/** Requests of which the body is read or dropped, or was. */
const handled = new WeakSet<IncomingMessage>();

/**
 * Reads the bytes of a request as they arrive, at most `limit` of them. Nothing is inflated.
 * @param timeoutMs from now until the body must be complete.
 * @returns the bytes, or why there are none. The connection is then not read any further, but stays
 *   open, so that an answer can still be sent.
 * @throws Error if the body was read or dropped already, which is a bug.
 */
export function readBody(req: IncomingMessage, limit: number, timeoutMs: number): Promise<Buffer | BodyFault> {
  if (handled.has(req)) throw new Error('the body was read or dropped already');
  const fault = faultOfHeaders(req, limit);
  if (fault !== undefined) return Promise.resolve(fault);
  return new Promise((resolve) => {
    // One buffer, not a list of chunks: for 1 MiB in one-byte chunks, the list took half a
    // gigabyte.
    let whole: Buffer = NOTHING;
    let length = 0;
    const timer = setTimeout(() => settle('body_timeout'), timeoutMs);

    const settle = (result: Buffer | BodyFault): void => {
      clearTimeout(timer);
      stopReading();
      req.off('end', onEnd).off('close', onCut);
      resolve(result);
    };
    const onChunk = (chunk: Buffer): void => {
      const needed = length + chunk.length;
      if (needed > limit) {
        settle('too_large');
        return;
      }
      if (length === 0) {
        whole = chunk;
      } else {
        if (needed > whole.length) whole = grown(whole.subarray(0, length), Math.min(limit, needed * 2));
        chunk.copy(whole, length);
      }
      length = needed;
    };
    const onEnd = (): void => settle(whole.subarray(0, length));
    const onCut = (): void => settle('body_aborted');

    const stopReading = readChunks(req, onChunk);
    req.on('end', onEnd).on('close', onCut);
    // `close` reports a cut connection; without a listener, the error would end the process.
    req.on('error', () => {});
  });
}

/**
 * Calls `onChunk` with each chunk, and reads on in turns once a read contained many small chunks.
 *
 * Node's HTTP parser pushes each chunk into the request's stream, and stops reading if `push`
 * returns false; pushing nothing makes the stream ask for more (`readable.push('')` in Node's
 * documentation). Handling a chunk in `push` also costs half as much as reading it from the
 * stream's queue.
 * @returns a function that stops it; the connection is then not read any further, unless the body
 *   was complete.
 */
function readChunks(req: IncomingMessage, onChunk: (chunk: Buffer) => void): () => void {
  handled.add(req);
  const push = req.push;
  let ended = false;
  let chunks = 0;

  const readOn = (): boolean => {
    chunks = 0;
    if (ended || req.complete || req.destroyed) return false;
    push.call(req, NOTHING);
    return true;
  };
  req.push = (chunk: Buffer | null) => {
    if (chunk === null) return push.call(req, null);
    chunks += 1;
    if (!ended) onChunk(chunk);
    if (chunks === CHUNKS_BEFORE_TURN) furtherReads(readOn);
    return !ended && chunks < CHUNKS_BEFORE_TURN;
  };
  req.on('data', onChunk);
  return () => {
    ended = true;
    req.off('data', onChunk);
  };
}

/**
 * Drops the body of a request that nobody reads, at the same pace, or reads it no further.
 * Does nothing where `readBody` was called.
 */
export function dropBody(req: IncomingMessage, further: boolean): void {
  if (req.complete || handled.has(req)) return;
  const stop = readChunks(req, () => {});
  if (!further) stop();
}

function faultOfHeaders({ headers }: IncomingMessage, limit: number): BodyFault | undefined {
  // Node answers `100-continue` by itself.
  if (!/^(100-continue)?$/i.test(headers.expect ?? '')) return 'expectation';
  if (!/^(identity)?$/i.test(headers['content-encoding'] ?? '')) return 'content_encoding';
  return Number(headers['content-length'] ?? 0) > limit ? 'too_large' : undefined;
}

function grown(bytes: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  bytes.copy(larger);
  return larger;
}
