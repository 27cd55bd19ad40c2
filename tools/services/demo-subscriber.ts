import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message that the demo subscriber was sent. */
export interface DemoMessage {
  readonly messageId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What its data holds: JSON where it is JSON, else its text. */
  readonly data: unknown;
}

/** Pub/Sub's largest message, 10 MB, as base64 with attributes. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * The smallest subscriber there is: receives a push, passes the message on, answers 204. Starts on
 * a free port of 127.0.0.1.
 * @param onMessage where it throws, the push is answered 500 and delivered again.
 */
export async function startDemoSubscriber(
  onMessage: (message: DemoMessage) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    receive(req, onMessage).then(
      (status) => res.writeHead(status, status === 204 ? {} : { connection: 'close' }).end(),
      () => res.writeHead(500).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @returns the HTTP status to answer with. */
async function receive(req: IncomingMessage, onMessage: (message: DemoMessage) => void): Promise<number> {
  // Any web page can have a browser post here, but neither without Origin nor, from another site, with this type.
  if (req.headers.origin !== undefined) return 403;
  if (!/^application\/json\b/.test(req.headers['content-type'] ?? '')) return 415;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return 413;
    chunks.push(chunk);
  }
  const message = readPush(Buffer.concat(chunks));
  if (message === undefined) return 400;
  onMessage(message);
  return 204;
}

/** Reads Pub/Sub's wrapped form; undefined where the bytes are something else. */
function readPush(body: Buffer): DemoMessage | undefined {
  const { messageId, attributes = {}, data = '' } = objectOf(objectOf(parse(body.toString()))['message']);
  if (typeof messageId !== 'string' || typeof data !== 'string' || !isAttributes(attributes)) return undefined;
  const text = Buffer.from(data, 'base64').toString();
  return { messageId, attributes, data: parse(text) ?? text };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isAttributes(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((attribute) => typeof attribute === 'string')
  );
}
