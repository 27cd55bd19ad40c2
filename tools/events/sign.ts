import { createHmac, randomUUID } from 'node:crypto';

/** The secret of the Standard Webhooks documentation; 24 bytes. */
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What to sign; what a test does not say is valid. */
export interface Signing {
  readonly secret?: string;
  readonly id?: string;
  /** Unix seconds. */
  readonly timestamp?: number;
  readonly family?: 'webhook' | 'svix';
}

/** A new webhook id. */
export function newId(): string {
  return `msg_${randomUUID().replaceAll('-', '')}`;
}

/** The headers of a sender in the middle of a rotation: a signature with each of the secrets. */
export function signWithAll(
  secrets: readonly string[],
  body: string | Buffer,
  signing: Omit<Signing, 'secret' | 'family'> & { readonly id: string; readonly timestamp: number },
): Record<string, string> {
  const all = secrets.map((secret) => sign(body, { ...signing, secret }));
  return { ...all[0], 'webhook-signature': all.map((headers) => headers['webhook-signature']).join(' ') };
}

/**
 * Standard Webhooks headers over the raw bytes; made with node:crypto, so that it shares no code
 * with what it tests.
 */
export function sign(
  body: string | Buffer,
  { secret = SECRET, id = newId(), timestamp = Math.floor(Date.now() / 1000), family = 'webhook' }: Signing = {},
): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return {
    'content-type': 'application/json',
    [`${family}-id`]: id,
    [`${family}-timestamp`]: String(timestamp),
    [`${family}-signature`]: `v1,${signature}`,
  };
}
