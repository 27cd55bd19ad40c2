import { randomBytes } from 'node:crypto';
import type { Fault } from './catalogue.ts';
import { sign } from './sign.ts';

/** A request as it is to be sent. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Announce the whole body, but send half of it. */
  readonly incomplete: boolean;
}

/** What to sign, and what to spoil besides the body. */
export interface Signing {
  readonly url: URL;
  readonly secret: string;
  readonly webhookId: string;
  readonly body: Buffer;
  readonly fault?: Fault | undefined;
}

/** In seconds. */
const TEN_MINUTES = 600;

/** Signs as incident.io does, then does what the fault says. */
export function signedRequest({ url, secret, webhookId, body, fault }: Signing): SignedRequest {
  const shift = fault === 'stale' ? -TEN_MINUTES : fault === 'future' ? TEN_MINUTES : 0;
  const headers: Record<string, string> = {
    'user-agent': 'incidentio-lead-webhook-send',
    // A signature covers text: bytes that are not UTF-8 are signed as a decoder reads them.
    ...sign(body.toString(), {
      secret: fault === 'bad-signature' ? randomBytes(24).toString('base64') : secret,
      id: webhookId,
      timestamp: Math.floor(Date.now() / 1000) + shift,
    }),
  };
  if (fault === 'missing-header') delete headers['webhook-signature'];
  if (fault === 'gzip-bomb') headers['content-encoding'] = 'gzip';
  return {
    method: fault === 'wrong-method' ? 'PUT' : 'POST',
    url: fault === 'wrong-path' ? new URL(`${url.pathname}/`, url) : url,
    headers,
    body,
    incomplete: fault === 'slow',
  };
}
