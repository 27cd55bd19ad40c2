import type { Duplex } from 'node:stream';
import pg from 'pg';

/** The part of pg's connection that reads; it is not in its types. */
interface Connection {
  attachListeners(stream: Duplex): void;
}

/**
 * A client that survives whatever the server sends. pg parses in a listener of the stream, where what it throws would be
 * an uncaught exception and end the process; here it ends the connection.
 */
export class SafeClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // An error that comes while nobody listens would end the process, too. The pool has listeners of its own.
    this.on('error', () => {});
    const { connection } = this as unknown as { connection: Connection };
    const attach = connection.attachListeners.bind(connection);
    connection.attachListeners = (stream) => {
      destroyOnThrow(stream);
      attach(stream);
    };
  }
}

function destroyOnThrow(stream: Duplex): void {
  const emit = stream.emit.bind(stream) as (...args: unknown[]) => boolean;
  stream.emit = (...args: unknown[]): boolean => {
    try {
      return emit(...args);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error('the answer could not be read'));
      return true;
    }
  };
}
