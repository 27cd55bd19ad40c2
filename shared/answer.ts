import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log, LogLine } from './log-line.ts';
import { dropBody } from './read-body.ts';
import { traceOf } from './trace.ts';

/** The answer to a request, and its log lines. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /**
   * Status and duration are added when they are written, and the request's trace if a line has
   * none.
   */
  readonly lines: readonly LogLine[];
  /** `connection: close` if the handler stopped reading the body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `application/problem+json` (RFC 9457). */
  readonly problem?: object;
}

/**
 * Decides on a request. Never throws: a bug gets an answer too. Calls `readBody` before its first
 * `await`, or not at all: the body is dropped then.
 */
export type Handler = (req: IncomingMessage) => Promise<Answer>;

/** Time for the sender to read an early answer, before the connection closes on its unread body. */
const LINGER_MS = 1_000;
/**
 * An unread body of at most this many bytes is discarded; the connection then serves the next
 * request.
 */
const DROPPED_BYTES = 64 * 1024;

/**
 * Requests of one connection at the same time. None of our senders pipelines; one read of 64 KiB may hold 2,700
 * requests, and each costs an answer and a line.
 */
const MAX_PIPELINED = 16;
const pipelined = new WeakMap<Socket, number>();

/** The only place that answers requests and writes their log lines. */
export function answerWith(handler: Handler, log: Log): RequestListener {
  return async (req, res) => {
    if (!admit(req)) return;
    const startedAt = performance.now();
    const answering = handler(req);
    // The handler has decided by now whether it reads the body.
    dropBody(req, !leavesTooMuch(req));
    const answer = await answering;
    pipelined.set(req.socket, (pipelined.get(req.socket) ?? 1) - 1);
    const common = { status: answer.status, durationMs: Math.round(performance.now() - startedAt) };
    for (const line of answer.lines) {
      log({ ...line, trace: line.trace ?? traceOf(req.headers), metadata: { ...line.metadata, ...common } });
    }
    send(req, res, answer);
  };
}

/** Ends a connection with too many requests at once; requests already read from it are ignored. */
function admit({ socket }: IncomingMessage): boolean {
  const count = (pipelined.get(socket) ?? 0) + 1;
  pipelined.set(socket, count);
  if (count > MAX_PIPELINED && !socket.destroyed) destroyWithoutStacks(socket);
  return !socket.destroyed;
}

/**
 * When a connection closes, Node makes an error for each of its requests that is not answered. The stacks of 2,700
 * errors took 40 of 55 ms, in which nobody else is served.
 */
function destroyWithoutStacks(socket: Socket): void {
  const { stackTraceLimit } = Error;
  socket.prependOnceListener('close', () => {
    Error.stackTraceLimit = 0;
  });
  socket.once('close', () => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  socket.destroy();
}

function send(req: IncomingMessage, res: ServerResponse, { status, headers, problem }: Answer): void {
  if (res.headersSent || res.destroyed) return;
  if (problem === undefined && req.complete) {
    res.writeHead(status, headers).end();
    return;
  }
  const body = problem === undefined ? '' : JSON.stringify(problem);
  const unread = headers?.['connection'] === 'close' || leavesTooMuch(req);
  res.writeHead(status, {
    ...(problem !== undefined && { 'content-type': 'application/problem+json' }),
    'content-length': Buffer.byteLength(body),
    ...headers,
    ...(unread && { connection: 'close' }),
  });
  if (!unread) {
    res.end(body);
    return;
  }
  // Closing at once on unread bytes would reset the connection, and the sender might never see the
  // answer.
  res.write(body);
  const close = setTimeout(() => res.end(), LINGER_MS);
  res.once('close', () => clearTimeout(close));
}

function leavesTooMuch({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > DROPPED_BYTES;
}
