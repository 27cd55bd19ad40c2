import type { Duplex } from 'node:stream';
import pg from 'pg';
import { BufferReader } from 'pg-protocol/dist/buffer-reader.js';
import { type MessageCallback, Parser } from 'pg-protocol/dist/parser.js';
import { DatabaseFault } from './errors.ts';

/** The part of pg's connection that reads; it is not in its types. */
interface Connection {
  attachListeners(stream: Duplex): void;
  emit(event: string, message: unknown): boolean;
}

/**
 * Maximum size of an answer. pg keeps all of it in memory: a view that returned one row for ever took over 500 MB, and
 * ended an instance of 512 MiB. 17,000 leads, as many as fit into a webhook, with a role each are 1.3 MB.
 */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

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
      let received = 0;
      const emit: MessageCallback = (message) => {
        if (message.name === 'readyForQuery') received = 0;
        // As in pg: an error that the server reports must not be mistaken for one of the connection.
        connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
      };
      stream.on('data', (bytes: Buffer) => {
        received += bytes.length;
        try {
          if (received > MAX_ANSWER_BYTES) throw new DatabaseFault('row', 'it answers with more than 8 MiB');
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
