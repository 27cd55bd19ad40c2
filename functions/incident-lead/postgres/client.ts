import type { Duplex } from 'node:stream';
import pg from 'pg';
import { BufferReader } from 'pg-protocol/dist/buffer-reader.js';
import { type MessageCallback, Parser } from 'pg-protocol/dist/parser.js';

/** The part of pg's connection that reads; it is not in its types. */
interface Connection {
  attachListeners(stream: Duplex): void;
  emit(event: string, message: unknown): boolean;
}

/**
 * A client that survives whatever the server sends. pg parses in a listener of the stream, where
 * what it throws would be an uncaught exception and end the process; here it ends the connection.
 */
export class SafeClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // An error that comes while nobody listens would end the process, too. The pool has listeners
    // of its own.
    this.on('error', () => {});
    const { connection } = this as unknown as { connection: Connection };
    connection.attachListeners = (stream) => {
      const parser = boundedParser();
      // As in pg: an error that the server reports must not be mistaken for one of the connection.
      const emit: MessageCallback = (message) =>
        void connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
      stream.on('data', (bytes: Buffer) => {
        try {
          parser.parse(bytes, emit);
        } catch (error) {
          stream.destroy(error instanceof Error ? error : new Error('the answer could not be read'));
        }
      });
    };
  }
}

/** The part of pg's parser that is not in its types. */
interface ParserInternals {
  reader: BufferReader;
  handlePacket(offset: number, code: number, length: number, bytes: Buffer): unknown;
}

/** pg's parser, but it stops at the end of each message. pg's own reads on: see `StrictReader`. */
function boundedParser(): Parser {
  const parser = new Parser();
  const internals = parser as unknown as ParserInternals;
  const handlePacket = internals.handlePacket.bind(parser);
  // A message's length includes its own four bytes; `offset` is after them.
  internals.handlePacket = (offset, code, length, bytes) =>
    handlePacket(offset, code, length, bytes.subarray(0, offset + length - 4));
  internals.reader = new StrictReader();
  return parser;
}

/**
 * After the end of its bytes, pg's reader returns '' for ever, so a truncated error message would
 * never end.
 */
class StrictReader extends BufferReader {
  override string(length: number): string {
    const text = super.string(length);
    if (Buffer.byteLength(text) !== length) throw new Error('a message is cut off, or not UTF-8');
    return text;
  }
}
