/** Of a startup message; also of the request for TLS, which nobody here makes. */
const PROTOCOL_3 = 196_608;

/**
 * How many times a client asked and waited, by the frontend messages that it sent on one
 * connection: each Sync or simple Query is a round trip.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function roundTripsIn(sent: readonly Buffer[]): number {
  const bytes = Buffer.concat(sent);
  let offset = bytes.length >= 8 && bytes.readInt32BE(4) === PROTOCOL_3 ? bytes.readInt32BE(0) : 0;
  let roundTrips = 0;
  while (offset + 5 <= bytes.length) {
    const type = String.fromCharCode(bytes.readUInt8(offset));
    if (type === 'S' || type === 'Q') roundTrips += 1;
    offset += 1 + bytes.readInt32BE(offset + 1);
  }
  return roundTrips;
}
