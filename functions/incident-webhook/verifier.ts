import { isUtf8 } from 'node:buffer';
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Deadline } from '../../shared/deadline.ts';
import { Refusal } from './outcomes.ts';
import { readSignatureHeaders, type SignatureHeaders } from './signature-headers.ts';

/** Computes the Standard Webhooks signature `v1,<base64>` of `id.timestamp.body`. */
export type SigningKey = (id: string, timestamp: number, body: Buffer) => string;

/** The keys that may have made a signature. */
export interface SigningKeys {
  /**
   * True if one of the keys matches. Before it returns false, it looks for newer keys.
   * @throws Refusal `secret` (503) if that cannot be decided.
   */
  some(matches: (key: SigningKey) => boolean, deadline: Deadline): Promise<boolean>;
}

/** A verified webhook: the only text that other code gets to see. */
export interface Verified {
  readonly webhookId: string;
  readonly text: string;
}

/**
 * Verifies a request: form of the headers, age, then the signature over the raw bytes.
 * @param rawHeaders as in `IncomingMessage.rawHeaders`.
 * @throws Refusal: 401 if it is not authentic, 503 if that cannot be decided.
 */
export type Verify = (rawHeaders: readonly string[], body: Buffer, deadline: Deadline) => Promise<Verified>;

/** In both directions, as in the Standard Webhooks libraries. */
export const TOLERANCE_SECONDS = 300;
/** `v1,` and the 44 base64 characters of a SHA-256. */
const SIGNATURE_LENGTH = 47;

/**
 * Creates the only function that decides whether a request is authentic.
 * @param keys undefined while the configuration is wrong.
 * @param now milliseconds since the Unix epoch.
 */
export function createVerifier(keys: SigningKeys | undefined, now: () => number): Verify {
  return async (rawHeaders, body, deadline) => {
    const headers = readSignatureHeaders(rawHeaders);
    checkAge(headers, now());
    if (keys === undefined) throw new Refusal('configuration');
    // A signature covers text: decoding would turn other bytes into U+FFFD, which somebody may have
    // signed.
    if (!isUtf8(body)) throw new Refusal('not_utf8');
    const given = candidates(headers);
    const matches = (key: SigningKey): boolean => isOneOf(given, key(headers.webhookId, headers.timestamp, body));
    if (given.length === 0 || !(await keys.some(matches, deadline))) throw new Refusal('signature');
    return { webhookId: headers.webhookId, text: body.toString('utf8') };
  };
}

/** The key of a well-formed secret, as `parseSigningSecret` returns it. */
export function signingKey(secret: string): SigningKey {
  // Made once: from a string or bytes, Node spends two thirds of a signature on converting the key.
  const key = createSecretKey(Buffer.from(secret.slice('whsec_'.length), 'base64'));
  return (id, timestamp, body) =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/** Fractions of a second are dropped, so a request that is exactly 300 s old is accepted. */
function checkAge({ timestamp }: SignatureHeaders, nowMs: number): void {
  const skew = timestamp - Math.floor(nowMs / 1000);
  if (Math.abs(skew) > TOLERANCE_SECONDS) throw new Refusal('timestamp', { detail: `${skew} s` });
}

/** The signatures of the right length. */
function candidates({ signatures }: SignatureHeaders): readonly Buffer[] {
  return signatures
    .filter((signature) => signature.length === SIGNATURE_LENGTH)
    .map((signature) => Buffer.from(signature));
}

/**
 * Compares the canonical text in constant time. Decoded bytes would accept four spellings of one
 * signature.
 */
function isOneOf(given: readonly Buffer[], signature: string): boolean {
  const expected = Buffer.from(signature);
  return given.some((candidate) => candidate.length === expected.length && timingSafeEqual(candidate, expected));
}
