import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../shared/log.ts';
import { traceOf } from '../../shared/trace.ts';
import { ANSWERS, Refusal } from './outcomes.ts';
import { WEBHOOK_ID } from './verifier.ts';

/** What the log is told of a request besides its answer. */
export interface Known {
  readonly webhookId?: string | undefined;
  readonly incidentId?: string | undefined;
}

/** A request that was answered with 204. */
export interface Accepted extends Known {
  readonly outcome: 'published' | 'ignored';
  readonly level: 'info' | 'warn';
  readonly reason?: string | undefined;
  readonly message: string;
}

/** Seconds; Svix sends again after about five anyway. */
const RETRY_AFTER = '5';
/** Time for the sender to read an answer it did not expect before the connection is closed on its unread body. */
const LINGER_MS = 1_000;
/** An unread body of at most so many bytes is taken off the connection, which then serves the next request. */
const DROPPED_BYTES = 64 * 1024;

/** Answers requests of the webhook function, and writes the one log line of each. */
export interface Responder {
  accept(req: IncomingMessage, res: ServerResponse, startedAt: number, accepted: Accepted): void;
  refuse(req: IncomingMessage, res: ServerResponse, startedAt: number, error: unknown, known?: Known): void;
}

/** Makes the responder of a process. */
export function createResponder(log: Log): Responder {
  const write = (req: IncomingMessage, startedAt: number, line: Parameters<Log>[0]): void =>
    log({
      ...line,
      trace: traceOf(req.headers),
      metadata: { ...line.metadata, durationMs: Math.round(performance.now() - startedAt) },
    });

  return {
    accept(req, res, startedAt, { outcome, level, reason, message, webhookId, incidentId }) {
      write(req, startedAt, { level, message, metadata: { outcome, reason, status: 204, webhookId, incidentId } });
      res.writeHead(204).end();
    },
    refuse(req, res, startedAt, error, known = {}) {
      const refusal = error instanceof Refusal ? error : new Refusal('bug', { cause: error });
      const { status, outcome, level, title } = ANSWERS[refusal.reason];
      write(req, startedAt, {
        level,
        message: describe(refusal),
        metadata: { outcome, reason: refusal.reason, status, webhookId: loggableId(req), ...known },
        stack: refusal.reason === 'bug' ? stackOf(refusal.cause) : undefined,
      });
      sendProblem(req, res, refusal, { status, title });
    },
  };
}

/** `application/problem+json` (RFC 9457). Repeats nothing of the request. */
function sendProblem(
  req: IncomingMessage,
  res: ServerResponse,
  refusal: Refusal,
  { status, title }: { status: number; title: string },
): void {
  if (res.headersSent || res.destroyed) return;
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    ...(refusal.errors.length > 0 && { errors: refusal.errors }),
  });
  const unread = status === 408 || leavesTooMuch(req);
  res.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(status === 405 && { allow: 'POST' }),
    ...(status === 503 && { 'retry-after': RETRY_AFTER }),
    ...(unread && { connection: 'close' }),
  });
  if (!unread) {
    res.end(body);
    return;
  }
  // Closing at once on unread bytes would reset the connection, and the sender might never see the answer.
  res.write(body);
  const close = setTimeout(() => res.end(), LINGER_MS);
  res.once('close', () => clearTimeout(close));
}

function leavesTooMuch({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > DROPPED_BYTES;
}

function describe({ reason, detail, errors, cause }: Refusal): string {
  const why = ANSWERS[reason].status === 401 ? `(${reason})` : undefined;
  const parts = [
    ANSWERS[reason].title,
    why,
    detail,
    cause instanceof Error && reason !== 'bug' ? cause.message : undefined,
  ];
  const rules = errors.map(({ pointer, rule }) => `${pointer || '/'} ${rule}`);
  return [...parts.filter((part) => part !== undefined), ...rules].join(' ');
}

function stackOf(cause: unknown): string {
  return cause instanceof Error && cause.stack !== undefined ? cause.stack : String(cause);
}

/** A well-formed webhook id may be logged before it is authenticated. */
function loggableId(req: IncomingMessage): string | undefined {
  const id = req.headers['webhook-id'] ?? req.headers['svix-id'];
  return typeof id === 'string' && WEBHOOK_ID.test(id) ? id : undefined;
}
