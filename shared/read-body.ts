import type { IncomingMessage } from 'node:http';
import { onChunk } from './body-chunks.ts';

/** Why a body could not be read. */
export type BodyFault = 'too_large' | 'body_timeout' | 'body_aborted';

/**
 * Reads the bytes of a request as they come, never more than `limit` of them.
 * @param timeoutMs from now until the body has to be complete.
 * @returns the bytes, or why there are none. The connection is then read no further, but not closed, so that an answer can still be sent.
 */
export function readBody(req: IncomingMessage, limit: number, timeoutMs: number): Promise<Buffer | BodyFault> {
  if (Number(req.headers['content-length'] ?? 0) > limit) return Promise.resolve('too_large');
  return new Promise((resolve) => {
    // One buffer, not a list of chunks: a body of 1 MiB in chunks of a byte made a list of half a gigabyte.
    let whole: Buffer = Buffer.alloc(0);
    let length = 0;
    const timer = setTimeout(() => settle('body_timeout'), timeoutMs);

    const settle = (result: Buffer | BodyFault): void => {
      clearTimeout(timer);
      endChunks();
      req.off('end', onEnd).off('close', onCut);
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
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

    const endChunks = onChunk(req, take);
    req.on('end', onEnd).on('close', onCut);
    // A cut connection is told by `close`; without a listener the error would end the process.
    req.on('error', () => {});
  });
}

function grown(bytes: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  bytes.copy(larger);
  return larger;
}
