'use strict';
// The file of V8's code cache: what V8 would have to compile at start, compiled beforehand.
//
// V8 itself checks that its version and flags are those a cache was made with, but of the source no more than the length, and
// nothing of the data: another bundle's cache would run that bundle, and damaged data would crash the process. The file begins
// with what rules out both: the SHA-256 of the bundle, and the CRC-32 of the data. Together they take 1.3 ms of a start. SHA-256
// of the data too would take 1 ms more, or 5 ms on a processor without instructions for it, and guard against nobody: whoever
// can write this file can write the bundle.
const { createHash } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { crc32 } = require('node:zlib');

const FILE = join(__dirname, 'bundle.cache');
/** Builds of one V8 version may differ in what its own check does not see. */
const NODE = JSON.stringify([process.version, process.versions.v8, process.platform, process.arch]);
const [HASH_BYTES, HEADER_BYTES] = [32, 40]; // The data starts at a multiple of 8, or V8 would copy it.

/**
 * @param {Buffer} bundle
 * @returns {Buffer | undefined} data for `vm.Script`; undefined where there is none that this Node.js made of this bundle
 */
exports.readCodeCache = (bundle) => {
  try {
    const file = readFileSync(FILE);
    const data = file.subarray(HEADER_BYTES);
    return header(bundle, data).equals(file.subarray(0, HEADER_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
};

/**
 * @param {Buffer} bundle
 * @param {Buffer} data as `createCachedData` returns it
 */
exports.writeCodeCache = (bundle, data) => {
  writeFileSync(FILE, Buffer.concat([header(bundle, data), data]));
};

function header(bundle, data) {
  const bytes = Buffer.alloc(HEADER_BYTES);
  createHash('sha256').update(NODE).update(bundle).digest().copy(bytes);
  bytes.writeUInt32LE(crc32(data), HASH_BYTES);
  return bytes;
}
