import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { escapeControls } from '../../shared/escape-controls.ts';
import type { SignedRequest } from './signed-request.ts';

/** What came back. */
export interface SendResponse {
  readonly status: number;
  readonly text: string;
  readonly durationMs: number;
}

/** The contract's 8 s, and a cold start. Svix waits 15 s. */
const TIMEOUT_MS = 15_000;
const MAX_ANSWER_LENGTH = 64 * 1024;

/**
 * Sends a request and waits for the answer. Redirects are not followed, as incident.io does not follow them.
 * @throws Error that says what to do, where there is no answer.
 */
export async function deliver({ method, url, headers, body, incomplete }: SignedRequest): Promise<SendResponse> {
  const startedAt = performance.now();
  const { request } = url.protocol === 'https:' ? https : http;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = request(url, { method, headers: { ...headers, 'content-length': body.length }, signal });
    if (incomplete) sent.write(body.subarray(0, body.length / 2));
    else sent.end(body);
    const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
    // The answer may come before the whole body has been sent; what becomes of the rest does not matter.
    sent.on('error', () => {});
    const answer = await text(response);
    sent.destroy();
    const durationMs = Math.round(performance.now() - startedAt);
    return { status: response.statusCode ?? 0, text: answer.slice(0, MAX_ANSWER_LENGTH), durationMs };
  } catch (error) {
    throw new Error(failure(url, error as NodeJS.ErrnoException));
  }
}

function failure(url: URL, { name, message, code }: NodeJS.ErrnoException): string {
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
