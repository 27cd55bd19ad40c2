import { once } from 'node:events';
import { connect } from 'node:net';

/** An HTTP request, byte by byte; what is left out is a POST to the webhook's path with a `Content-Length`. */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** Names and values as they go on the wire (latin1); an array is a header sent several times. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** The body without a length, in one chunk or in chunks of so many bytes. */
  readonly chunked?: boolean | number;
}

/** An HTTP answer as it came. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection on which a test decides about every byte. */
export type Wire = Awaited<ReturnType<typeof dial>>;

const PATH = '/webhooks/incident/lead';

/** The bytes of a request. */
export function toBytes({ method = 'POST', path = PATH, headers = {}, body = '', chunked = false }: RawRequest) {
  const bytes = Buffer.from(body);
  const framing = chunked !== false ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(bytes.length) };
  const hasBody = bytes.length > 0 || method === 'POST';
  const lines = Object.entries({ Host: 'localhost', ...(hasBody && framing), ...headers }).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  if (chunked === false) return Buffer.concat([head, bytes]);
  const size = typeof chunked === 'number' ? chunked : bytes.length;
  const parts = [head];
  for (let offset = 0; offset < bytes.length; offset += size) {
    const chunk = bytes.subarray(offset, offset + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Opens a connection to a port of this machine. */
export async function dial(port: number) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let received: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  // A reset is an end too; what matters is whether an answer came before it.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('end', resolve).once('close', resolve);
  });
  return {
    socket,
    /** Settles when the other side has closed. */
    closed,
    write: (bytes: string | Buffer) => socket.write(bytes),
    /** The next answer, or undefined where the connection ended without one. `HEAD` has a length but no body. */
    async answer(method = 'POST'): Promise<RawResponse | undefined> {
      for (;;) {
        const found = takeAnswer(received, method);
        if (found) {
          received = found.rest;
          return found.answer;
        }
        if (socket.readableEnded || socket.destroyed) return undefined;
        await Promise.race([once(socket, 'data').catch(() => {}), closed]);
      }
    },
  };
}

/** Sends one request on a connection of its own, and closes it after the answer. */
export async function exchange(port: number, bytes: string | Buffer, method?: string) {
  const connection = await dial(port);
  connection.write(bytes);
  try {
    return await connection.answer(method);
  } finally {
    connection.socket.destroy();
  }
}

/** The first answer in what was received, after any that say that it is still to come. */
function takeAnswer(bytes: Buffer, method: string): { answer: RawResponse; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.split(' ')[1]);
  const headers = Object.fromEntries(
    [...head.matchAll(/^(\S+?): *(.*)$/gm)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
  const length = method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0);
  const body = bytes.subarray(end + 4, end + 4 + length);
  if (body.length < length) return undefined;
  const rest = bytes.subarray(end + 4 + length);
  return status < 200 ? takeAnswer(rest, method) : { answer: { status, headers, body: body.toString() }, rest };
}
