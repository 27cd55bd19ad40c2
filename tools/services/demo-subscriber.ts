import { createServer, type IncomingMessage } from 'node:http';
import { isObject } from '../../shared/is-object.ts';
import { readBody } from '../../shared/read-body.ts';
import { closeServer, listenOn } from './listen-on.ts';

/** A message that the demo subscriber was sent. */
export interface DemoMessage {
  readonly messageId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What its data holds: JSON where it is JSON, else its text. */
  readonly data: unknown;
}

/** Pub/Sub's largest message, 10 MB, as base64 with attributes. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const BODY_TIMEOUT_MS = 10_000;

/**
 * The smallest subscriber there is: receives a push, passes the message on, answers 204. Starts on
 * a free port of 127.0.0.1.
 * @param onMessage where it throws, the push is answered 500 and delivered again.
 */
export async function startDemoSubscriber(onMessage: (message: DemoMessage) => void) {
  const server = createServer((req, res) => {
    receive(req, onMessage).then(
      (status) => res.writeHead(status, status === 204 ? {} : { connection: 'close' }).end(),
      () => res.writeHead(500).end(),
    );
  });
  return { url: `http://127.0.0.1:${await listenOn(server)}/`, stop: () => closeServer(server) };
}

/** @returns the HTTP status to answer with. */
async function receive(req: IncomingMessage, onMessage: (message: DemoMessage) => void): Promise<number> {
  // Any web page can have a browser post here, but neither without Origin nor, from another site, with this type.
  if (req.headers.origin !== undefined) return 403;
  if (!/^application\/json\b/.test(req.headers['content-type'] ?? '')) return 415;
  const body = await readBody(req, MAX_BODY_BYTES, BODY_TIMEOUT_MS);
  if (typeof body === 'string') return body === 'too_large' ? 413 : 408;
  const message = readPush(body.toString());
  if (message === undefined) return 400;
  onMessage(message);
  return 204;
}

/** Reads Pub/Sub's wrapped form; undefined where the text is something else. */
function readPush(body: string): DemoMessage | undefined {
  const envelope = parse(body) as { message?: Readonly<Record<string, unknown>> } | null | undefined;
  const { messageId, attributes = {}, data = '' } = envelope?.message ?? {};
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

function isAttributes(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((attribute) => typeof attribute === 'string');
}
