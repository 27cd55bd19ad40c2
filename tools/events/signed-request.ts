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
  /** Default: now. */
  readonly now?: Date;
}

const TEN_MINUTES_MS = 600_000;

/** A webhook id as Svix makes them, though from other characters. */
export function newWebhookId(): string {
  return `msg_${randomBytes(14).toString('hex')}`;
}

/** Signs as incident.io does (Standard Webhooks, by the svix package), then does what the fault says. */
export function signedRequest({ url, secret, webhookId, body, fault, now = new Date() }: Signing): SignedRequest {
  const at = new Date(now.getTime() + (fault === 'stale' ? -TEN_MINUTES_MS : fault === 'future' ? TEN_MINUTES_MS : 0));
  const key = fault === 'bad-signature' ? randomBytes(24).toString('base64') : secret;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'incidentio-lead-webhook-send',
    'webhook-id': webhookId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(key).sign(webhookId, at, body.toString()),
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
