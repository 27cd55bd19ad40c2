import { isUtf8 } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { Refusal } from './outcomes.ts';

/** Computes the Standard Webhooks signature `v1,<base64>` of a text; `Webhook` of the svix package is one. */
export interface SigningKey {
  sign(id: string, timestamp: Date, text: string): string;
}

/** The three headers of one family, checked for form. */
export interface SignatureHeaders {
  readonly webhookId: string;
  /** Unix seconds. */
  readonly timestamp: number;
  /** The `v1,<base64>` entries; others are skipped, as the sender may add new schemes. */
  readonly signatures: readonly string[];
}

/** Either way. The Standard Webhooks libraries use the same. */
export const TOLERANCE_SECONDS = 300;
/** A rotation at Svix signs with 11 keys at most. */
export const MAX_SIGNATURES = 16;

/** Form of a webhook id; a full stop in it would make the signed text ambiguous. */
export const WEBHOOK_ID = /^[A-Za-z0-9_-]{1,256}$/;
/** Digits only: `parseInt`, which the libraries use, also takes `1614265330abc`. */
const TIMESTAMP = /^[1-9][0-9]{0,11}$/;
/** `v1,` and the 44 base64 characters of a SHA-256. */
const SIGNATURE_LENGTH = 47;
const FIELDS = ['id', 'timestamp', 'signature'] as const;

/**
 * Reads the `webhook-*` headers, or the `svix-*` ones where no `webhook-*` header is present; never a mixture.
 * @param rawHeaders names and values in turn, as `IncomingMessage.rawHeaders` has them; repeats are visible only there.
 * @throws Refusal (401) where one is missing, empty, repeated or malformed.
 */
export function readSignatureHeaders(rawHeaders: readonly string[]): SignatureHeaders {
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!name.startsWith('webhook-') && !name.startsWith('svix-')) continue;
    values.set(name, [...(values.get(name) ?? []), rawHeaders[at + 1] ?? '']);
  }
  const family = FIELDS.some((field) => values.has(`webhook-${field}`)) ? 'webhook' : 'svix';
  const [webhookId, timestamp, signature] = FIELDS.map((field) => single(values.get(`${family}-${field}`))) as [
    string,
    string,
    string,
  ];

  if (!WEBHOOK_ID.test(webhookId)) throw new Refusal('bad_id');
  if (!TIMESTAMP.test(timestamp)) throw new Refusal('bad_timestamp');
  const entries = signature.split(' ').filter((entry) => entry !== '');
  if (entries.length > MAX_SIGNATURES) throw new Refusal('too_many_signatures');
  const signatures = entries.filter((entry) => entry.startsWith('v1,'));
  if (signatures.length === 0) throw new Refusal('no_v1');
  return { webhookId, timestamp: Number(timestamp), signatures };
}

/**
 * Checks that the delivery attempt is fresh.
 * @param nowSeconds Unix seconds; fractions are dropped, so exactly 300 s either way are in time.
 * @throws Refusal (401) with the skew as its detail.
 */
export function checkAge({ timestamp }: SignatureHeaders, nowSeconds: number): void {
  const skew = timestamp - Math.floor(nowSeconds);
  if (Math.abs(skew) > TOLERANCE_SECONDS) throw new Refusal('timestamp', { detail: `${skew} s` });
}

/**
 * The text of a body whose bytes may have been signed.
 * @throws Refusal (401) where the bytes are not UTF-8: decoding would turn them into U+FFFD, and a signature over that would match.
 */
export function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new Refusal('not_utf8');
  return body.toString('utf8');
}

/** True where one of the keys made one of the signatures of `id.timestamp.text`. Compares in constant time. */
export function isSignedBy(keys: readonly SigningKey[], headers: SignatureHeaders, text: string): boolean {
  const given = headers.signatures
    .filter((signature) => signature.length === SIGNATURE_LENGTH)
    .map((signature) => Buffer.from(signature));
  if (given.length === 0) return false;
  const at = new Date(headers.timestamp * 1000);
  return keys.some((key) => {
    const expected = Buffer.from(key.sign(headers.webhookId, at, text));
    return given.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  });
}

function single(values: readonly string[] | undefined): string {
  const [value, ...others] = values ?? [];
  if (others.length > 0) throw new Refusal('repeated_header');
  if (value === undefined || value === '') throw new Refusal('missing_header');
  return value;
}
