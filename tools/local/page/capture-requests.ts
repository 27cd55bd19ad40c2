import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

// Loaded into incident-webhook before the function, by `npm start` alone, so that the page can show a request's body.
// Prints a line `{"capturedRequest": …}` for each request; the function's own lines never hold a body.

/** A request as it came to incident-webhook, whatever it was answered with. */
export interface CapturedRequest {
  readonly webhookId: string;
  /** In base64; at most about 64 KiB of it are kept. */
  readonly body: string;
  /** False where more came than is kept, or less than was announced. */
  readonly complete: boolean;
}

type Push = (chunk: Buffer | null, encoding?: BufferEncoding) => boolean;

const MAX_BYTES = 64 * 1024;

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  const chunks: Buffer[] = [];
  let bytes = 0;
  let push: Push = request.push;
  // Node's parser calls `push` with each chunk. A listener for 'data' would steal the body from the function that reads
  // it, and that function may set a `push` of its own.
  Object.defineProperty(request, 'push', {
    get: (): Push => {
      const inner = push;
      return (chunk, ...rest) => {
        if (chunk !== null && bytes <= MAX_BYTES) chunks.push(chunk);
        bytes += chunk?.length ?? 0;
        return inner.call(request, chunk, ...rest);
      };
    },
    set: (own: Push) => {
      push = own;
    },
  });
  request.once('close', () => {
    const { 'webhook-id': webhookId = request.headers['svix-id'] } = request.headers;
    if (typeof webhookId !== 'string') return;
    const body = Buffer.concat(chunks).toString('base64');
    const capturedRequest: CapturedRequest = { webhookId, body, complete: request.complete && bytes <= MAX_BYTES };
    process.stdout.write(`${JSON.stringify({ capturedRequest })}\n`);
  });
});
