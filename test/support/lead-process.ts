import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../../tools/services/functions/function-process.ts';
import type { Line } from './webhook-system.ts';

/** A log line of the function; what a test does not look at is left as it is. */
export interface WrittenLine extends Line {
  readonly timestamp: unknown;
  readonly 'logging.googleapis.com/insertId'?: string;
}

/** How a request was answered, and all that was logged of it. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly lines: readonly WrittenLine[];
  readonly seconds: number;
}

/** What to send; by default a POST with JSON in it. */
export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The subscriber function from `dist/`, under its own functions-framework. */
export interface LeadProcess extends Pick<FunctionProcess, 'url' | 'exited' | 'stop'> {
  readonly pid: number;
  /** Everything written to stdout so far. */
  readonly lines: readonly WrittenLine[];
  /** Everything written to stderr so far: nothing, unless something is wrong. */
  readonly errors: readonly string[];
  send(body: string | Buffer | undefined, sending?: Sending): Promise<Answered>;
}

const FOLDER = join(import.meta.dirname, '..', '..', 'dist', 'incident-lead');
const PROJECT = 'alan-eu-tools';

/** A trace of its own for a request, by which its log lines are found. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** Starts the function; `npm run build` must have written it. */
export async function startLead(env: Readonly<Record<string, string | undefined>>): Promise<LeadProcess> {
  const lines: WrittenLine[] = [];
  const errors: string[] = [];
  const running = await startFunction({
    folder: FOLDER,
    target: 'incidentLead',
    port: await freePort(),
    env: { GOOGLE_CLOUD_PROJECT: PROJECT, ...env },
    onLine: (line, stream) => {
      if (stream === 'stdout') lines.push(JSON.parse(line) as WrittenLine);
      else errors.push(line);
    },
  });

  const request = (body: string | Buffer | undefined, traceId: string, sending: Sending): Promise<Response> =>
    fetch(`${running.url}${sending.path ?? '/'}`, {
      method: sending.method ?? 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        ...sending.headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    });

  /** A request that is always logged: once its line is there, so are those of all requests answered before. */
  const barrier = async (): Promise<void> => {
    const traceId = newTraceId();
    await (await request('', traceId, {})).arrayBuffer();
    while (!lines.some((line) => line['logging.googleapis.com/trace']?.endsWith(traceId)))
      await new Promise((resolve) => setTimeout(resolve, 2));
  };

  return {
    ...running,
    pid: running.process.pid ?? 0,
    lines,
    errors,
    async send(body, sending = {}) {
      const traceId = newTraceId();
      const messageId = messageIdOf(body);
      const from = lines.length;
      const startedAt = performance.now();
      const response = await request(body, traceId, sending);
      const text = await response.text();
      const seconds = (performance.now() - startedAt) / 1000;
      await barrier();
      const own = lines
        .slice(from)
        .filter(
          ({ metadata, 'logging.googleapis.com/trace': trace }) =>
            trace?.endsWith(traceId) || (messageId !== undefined && metadata['messageId'] === messageId),
        );
      return { status: response.status, body: text, lines: own, seconds };
    },
  };
}

function messageIdOf(body: string | Buffer | undefined): unknown {
  try {
    return JSON.parse(String(body)).message.messageId;
  } catch {
    return undefined;
  }
}
