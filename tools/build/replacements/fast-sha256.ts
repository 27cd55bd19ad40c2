import { createHmac } from 'node:crypto';

/** HMAC-SHA256, as the package computes it in JavaScript. */
export function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest();
}
