import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANSWER_BUDGET_MS, type Deadline, deadlineFrom } from '../../shared/deadline.ts';
import type { IncidentEvent } from '../../shared/incident-event.ts';
import type { Log, LogLine } from '../../shared/log.ts';
import { type EnvelopeFault, NO_DELIVERY, type Push, readEnvelope } from '../../shared/push-envelope.ts';
import { type BodyFault, readBody } from '../../shared/read-body.ts';
import { traceOf } from '../../shared/trace.ts';
import { assess, SKIPPED_STATUSES } from './assess.ts';
import type { FindAlaners } from './directory.ts';
import { type Context, leadLine, messageLine } from './outcomes.ts';
import { DatabaseUnavailable } from './postgres/errors.ts';

/** The alaner directory. */
export interface Directory {
  /** @throws DatabaseUnavailable while the configuration is wrong. */
  readonly assertConfigured: () => void;
  readonly findAlaners: FindAlaners;
}

/** A Pub/Sub message has at most 10 MB, which base64 turns into 13.4 MB, with attributes around it. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** From the request's start until its body has to be complete. */
const BODY_TIMEOUT_MS = 5_000;

/** Of a fault of the connection alone. */
const CUT = 'Nothing is wrong with the message as far as we know; Pub/Sub delivers it again.';
const WHAT_FOLLOWS: Partial<Record<EnvelopeFault, string>> = { body_aborted: CUT, body_timeout: CUT };

interface Answer {
  readonly status: number;
  readonly lines: readonly LogLine[];
}

type ContextFor = (status: number) => Context;

/**
 * The subscriber function: envelope, event, alaners, one line a lead.
 * @param budgetMs from the request's start until work on it stops.
 */
export function createHandler(
  directory: Directory,
  log: Log,
  budgetMs: number = ANSWER_BUDGET_MS,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (req, res) => {
    const startedAt = performance.now();
    const push = readPush(req, await readBody(req, MAX_BODY_BYTES, BODY_TIMEOUT_MS));
    const requestTrace = traceOf(req.headers);
    const context: ContextFor = (status) => ({ delivery: push.delivery, requestTrace, startedAt, status });
    const answer = await handle(push, directory, deadlineFrom(startedAt, budgetMs), context).catch((error: unknown) =>
      failure(error, push.event, context),
    );
    for (const line of answer.lines) log(line);
    res.writeHead(answer.status).end();
  };
}

function readPush({ method, headers }: IncomingMessage, body: Buffer | BodyFault): Push {
  const none = (fault: EnvelopeFault): Push => ({ delivery: NO_DELIVERY, event: undefined, fault });
  if (typeof body === 'string') return none(body);
  // Pub/Sub does not compress, and nothing is inflated to find out what it is.
  const encoding = headers['content-encoding'] || 'identity';
  if (encoding.toLowerCase() !== 'identity') return none('content_encoding');
  return method === 'POST' ? readEnvelope(body) : none('not_an_envelope');
}

async function handle(
  push: Push,
  { assertConfigured, findAlaners }: Directory,
  deadline: Deadline,
  context: ContextFor,
): Promise<Answer> {
  assertConfigured();
  if (push.event === undefined) {
    const message = `The push request holds no incident event (${push.fault}). ${WHAT_FOLLOWS[push.fault] ?? 'Pub/Sub dead-letters it in the end.'}`;
    return {
      status: 400,
      lines: [messageLine(context(400), undefined, 'invalid_message', { message, reason: push.fault })],
    };
  }
  const { event } = push;
  const { incident, leads } = event;
  if (incident.status !== null && SKIPPED_STATUSES.has(incident.status)) {
    const message = `Incident ${incident.id} is in status ${incident.status}; its lead is not looked at yet.`;
    return { status: 204, lines: [messageLine(context(204), event, 'skipped_status', { message })] };
  }
  if (leads.length === 0) {
    return {
      status: 204,
      lines: [messageLine(context(204), event, 'no_lead', { message: `Incident ${incident.id} has no lead.` })],
    };
  }
  const slackIds = leads.map(({ slackUserId }) => slackUserId).filter((id) => id !== null);
  const alaners = await findAlaners(slackIds, deadline);
  const assessed = leads.map((lead) => ({ lead, assessment: assess(lead, alaners) }));
  const status = assessed.some(({ assessment }) => assessment.outcome === 'ambiguous_alaner') ? 500 : 204;
  return { status, lines: assessed.map(({ lead, assessment }) => leadLine(context(status), event, lead, assessment)) };
}

function failure(error: unknown, event: IncidentEvent | undefined, context: ContextFor): Answer {
  if (error instanceof DatabaseUnavailable) {
    return {
      status: 503,
      lines: [
        messageLine(context(503), event, 'database_unavailable', { message: error.message, reason: error.reason }),
      ],
    };
  }
  const stack = error instanceof Error ? error.stack : String(error);
  return {
    status: 500,
    lines: [messageLine(context(500), event, 'failed', { message: 'A bug:', reason: 'bug', stack })],
  };
}
