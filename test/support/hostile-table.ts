import type { RawResponse } from '../../tools/services/raw-http.ts';
import type { Exchange, Line, Sending, WebhookSystem } from './webhook-system.ts';

/** What is expected of a request: status, outcome, severity and reason of its log line. */
export type Expected = readonly [
  status: number,
  outcome: 'published' | 'ignored' | 'rejected' | 'unavailable' | 'failed',
  severity: 'INFO' | 'WARNING' | 'ERROR',
  reason?: string,
];

/** A named request and what becomes of it. */
export type Row = readonly [name: string, sending: Sending, expected: Expected];

/** How an authentic incident update ends. */
export const PUBLISHED: Expected = [204, 'published', 'INFO'];
/** Which headers an answer may have; none of them comes from the request. */
const HEADERS = ['allow', 'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'retry-after'];
const TITLES: Record<number, string> = {
  400: 'The body is not JSON.',
  401: 'The request could not be authenticated.',
  404: 'There is nothing at this path.',
  405: 'Only POST is allowed here.',
  408: 'The body was not complete within 5 seconds.',
  413: 'The body may have at most 1 MiB.',
  415: 'The body must be sent without a content encoding.',
  417: 'The expectation of the request cannot be met.',
  422: 'The body breaks the schema.',
  500: 'Something went wrong. Please send the event again.',
  503: 'The event was not accepted. Please send it again.',
};

/** Sends a row's request, and holds answer, log and topic against what is expected. */
export async function expectRow(system: WebhookSystem, [, sending, expected]: Row): Promise<Exchange> {
  const sent = await system.send(sending);
  await expectOutcome(system, sent, expected, sending.method);
  return sent;
}

/** Holds the answer to a request, its one log line and what was published against what is expected. */
export async function expectOutcome(
  system: WebhookSystem,
  sent: Exchange,
  [status, outcome, severity, reason]: Expected,
  method = 'POST',
): Promise<void> {
  expectForm(sent.answer, status, method);
  const lines = await system.linesOf(sent);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ severity, metadata: { outcome, status } });
  expect(lines[0]?.metadata['reason']).toBe(reason);
  expect(system.publishedFor(sent)).toHaveLength(outcome === 'published' ? 1 : 0);
}

/**
 * Holds an answer against the contract's form of it: the headers that it may have, and the body
 * that goes with its status.
 */
export function expectForm(answer: RawResponse | undefined, status: number, method = 'POST'): void {
  expect(answer?.status).toBe(status);
  const { headers = {}, body = '' } = answer ?? {};
  expect(Object.keys(headers).filter((name) => !HEADERS.includes(name))).toEqual([]);
  expect(headers['allow']).toBe(status === 405 ? 'POST' : undefined);
  expect(headers['retry-after']).toBe(status === 503 ? '5' : undefined);
  if (status === 204) {
    expect([body, headers['content-type']]).toEqual(['', undefined]);
    return;
  }
  expect(headers['content-type']).toBe('application/problem+json');
  if (method === 'HEAD') expect(body).toBe('');
  else expect(JSON.parse(body)).toEqual(problem(status, body));
}

function problem(status: number, body: string): unknown {
  const errors = status === 422 ? { errors: (JSON.parse(body) as { errors: unknown }).errors } : {};
  return { type: 'about:blank', title: TITLES[status], status, ...errors };
}

/**
 * Holds all that a function wrote against section 6 of the contract: JSON lines, one for each
 * trace, and none of the forbidden texts.
 */
export function expectCleanOutput(output: readonly string[], forbidden: readonly string[]): void {
  const traces = new Set<string>();
  for (const text of output) {
    const line = JSON.parse(text) as Partial<Line>;
    expect([text, ['INFO', 'WARNING', 'ERROR'].includes(line.severity ?? '')]).toEqual([text, true]);
    const trace = line['logging.googleapis.com/trace'];
    if (trace === undefined) continue;
    expect([text, traces.has(trace)]).toEqual([text, false]);
    traces.add(trace);
  }
  for (const text of forbidden) expect(output.filter((line) => line.includes(text))).toEqual([]);
}
