import http from 'node:http';
import https from 'node:https';
import { escapeControls } from '../../shared/escape-controls.ts';
import type { SignedRequest } from './signed-request.ts';

/** What came back. */
export interface SendResponse {
  readonly status: number;
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  readonly text: string;
  readonly durationMs: number;
}

/** The contract's 8 s, and a cold start. Svix waits 15 s. */
const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Sends a request and waits for the answer. Redirects are not followed, as incident.io does not follow them.
 * @throws Error that says what to do, where there is no answer.
 */
export async function deliver({ method, url, headers, body, incomplete }: SignedRequest): Promise<SendResponse> {
  const startedAt = performance.now();
  const { request } = url.protocol === 'https:' ? https : http;
  try {
    return await new Promise<SendResponse>((resolve, reject) => {
      const sent = request(
        url,
        { method, headers: { ...headers, 'content-length': body.length }, signal: AbortSignal.timeout(TIMEOUT_MS) },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            if (text.length < MAX_ANSWER_BYTES) text += part;
          });
          response.on('error', reject).on('end', () => {
            sent.destroy();
            const durationMs = Math.round(performance.now() - startedAt);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, durationMs });
          });
        },
      );
      sent.on('error', reject);
      if (incomplete) sent.write(body.subarray(0, body.length / 2));
      else sent.end(body);
    });
  } catch (error) {
    throw new Error(failure(url, error));
  }
}

function failure(url: URL, error: unknown): string {
  const { name, message, code } = error as NodeJS.ErrnoException;
  const here = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
  if (code === 'ECONNREFUSED') {
    return `nothing listens at ${url.origin}. ${here ? 'Start the local system with npm start, or give its address with --url.' : 'Check --url.'}`;
  }
  if (code === 'ERR_INVALID_CHAR')
    return 'the webhook id has a character that no HTTP header can carry. Choose another one.';
  if (code === 'ENOTFOUND') return `the host ${url.hostname} does not exist. Check --url.`;
  if (name === 'TimeoutError' || name === 'AbortError') {
    return `${url.origin} did not answer within ${TIMEOUT_MS / 1000} s. Check that --url is the webhook function's address, then its logs.`;
  }
  return `${url.origin} gave no answer: ${escapeControls(message || String(code))}. Check --url (http or https?), then the function's logs.`;
}
