import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type RawRequest, toBytes } from '../services/raw-http.ts';
import { forgedRequest } from './requests.ts';

const MEBIBYTE = 1024 * 1024;
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const { headers: forged } = forgedRequest();
/** A hundred mebibytes in 100 kB; several in a row are still one gzip file. */
const gzip = gzipSync(Buffer.alloc(100 * MEBIBYTE));

/** The worst single requests that somebody without the secret can make, and the status of the answer to each. */
export const WORST_REQUESTS: Readonly<Record<string, readonly [status: number, bytes: () => Buffer]>> = {
  'gzip bomb, 100 MiB': [415, () => bomb('gzip', gzip)],
  'gzip bomb, 400 MiB': [415, () => bomb('gzip', Buffer.concat([gzip, gzip, gzip, gzip]))],
  'gzip bomb, 1.1 GiB': [415, () => bomb('gzip', Buffer.concat(Array.from({ length: 11 }, () => gzip)))],
  'brotli bomb, 200 MiB': [415, () => bomb('br', brotliCompressSync(Buffer.alloc(200 * MEBIBYTE), FAST))],
  '1 MiB, forged': [401, () => request({ body: Buffer.alloc(MEBIBYTE, 'x') })],
  '1 MiB beyond ASCII, forged': [401, () => request({ body: Buffer.from('é'.repeat(MEBIBYTE / 2)) })],
  '1 MiB not UTF-8, forged': [401, () => request({ body: Buffer.alloc(MEBIBYTE, 0xff) })],
  '1 MiB of [, forged': [401, () => request({ body: '['.repeat(MEBIBYTE) })],
  '1 MiB, no headers': [401, () => toBytes({ body: Buffer.alloc(MEBIBYTE, 'x') })],
  '1 MiB in chunks of a byte, forged': [401, () => request({ body: Buffer.alloc(MEBIBYTE, 'x'), chunked: 1 })],
  '16 MiB, chunked': [413, () => request({ body: Buffer.alloc(16 * MEBIBYTE, 'x'), chunked: true })],
  '900 headers': [401, () => toBytes({ headers: { 'webhook-id': Array.from({ length: 900 }, () => 'x') } })],
};

function request(sent: RawRequest): Buffer {
  return toBytes({ headers: forged, ...sent });
}

function bomb(encoding: string, body: Buffer): Buffer {
  return request({ headers: { ...forged, 'Content-Encoding': encoding }, body });
}
