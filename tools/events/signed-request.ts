import { randomBytes } from 'node:crypto';
import { Webhook } from 'svix';
import type { Fault } from './catalogue.ts';

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

const TEN_MINUTES_MS = 600_000;

/** Signs as incident.io does, with Svix's own package, then does what the fault says. */
export function signedRequest({ url, secret, webhookId, body, fault }: Signing): SignedRequest {
  const shift = fault === 'stale' ? -TEN_MINUTES_MS : fault === 'future' ? TEN_MINUTES_MS : 0;
  const signedAt = new Date(Date.now() + shift);
  const key = fault === 'bad-signature' ? randomBytes(24).toString('base64') : secret;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'incidentio-lead-webhook-send',
    'webhook-id': webhookId,
    'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign(webhookId, signedAt, body.toString()),
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
