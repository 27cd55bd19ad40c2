// The Castagnoli polynomial, bit-reversed (RFC 3720, appendix B.4).
const POLYNOMIAL = 0x82f63b78;

/** CRC32C as an unsigned 32-bit number: what Secret Manager sends beside a payload. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
