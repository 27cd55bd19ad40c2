import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANSWER_BUDGET_MS, type Deadline, deadlineFrom } from '../../shared/deadline.ts';
import type { IncidentEvent } from '../../shared/incident-event.ts';
import { parseTraceparent } from '../../shared/trace.ts';
import { type Reading, readIncident } from './incident.ts';
import { Refusal } from './outcomes.ts';
import { type Publish, toMessage } from './publish.ts';
import { BODY_TIMEOUT_MS, readGuarded } from './request.ts';
import type { Accepted, Known, Responder } from './respond.ts';
import type { SigningKeys } from './signing-keys.ts';
import { checkAge, isSignedBy, readSignatureHeaders, type SignatureHeaders, textOf } from './verifier.ts';

/** What the handler needs once a request is well-formed. */
export interface Services {
  readonly keys: SigningKeys;
  readonly publish: Publish;
}

/** What a test may set otherwise. */
export interface HandlerOptions {
  /** Unix seconds. */
  readonly nowSeconds?: () => number;
  readonly bodyTimeoutMs?: number;
  /** From the request's start until work on it stops. */
  readonly budgetMs?: number;
}

/**
 * The webhook function: guard, verify, validate, normalize, publish, 204.
 * @param services rejects with a Refusal while the configuration is wrong.
 */
export function createHandler(
  services: () => Promise<Services>,
  responder: Responder,
  {
    nowSeconds = () => Date.now() / 1000,
    bodyTimeoutMs = BODY_TIMEOUT_MS,
    budgetMs = ANSWER_BUDGET_MS,
  }: HandlerOptions = {},
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (req, res) => {
    const startedAt = performance.now();
    const at = new Date();
    const known: { -readonly [K in keyof Known]: Known[K] } = {};
    try {
      const body = await readGuarded(req, bodyTimeoutMs);
      const headers = readSignatureHeaders(req.rawHeaders);
      known.webhookId = headers.webhookId;
      checkAge(headers, nowSeconds());
      const { keys, publish } = await services();
      const deadline = deadlineFrom(startedAt, budgetMs);
      const text = await verify(keys, headers, body, deadline);
      const reading = readIncident(text, { webhookId: headers.webhookId, at });
      if (reading.kind === 'incident') {
        known.incidentId = reading.event.incident.id;
        await publish(toMessage(reading.event, traceparentOf(req)), deadline);
      }
      responder.accept(req, res, startedAt, { ...known, ...accepted(reading) });
    } catch (error) {
      responder.refuse(req, res, startedAt, error, known);
    }
  };
}

async function verify(keys: SigningKeys, headers: SignatureHeaders, body: Buffer, deadline: Deadline): Promise<string> {
  const text = textOf(body);
  const late = () => new Refusal('secret', { detail: 'the secret was not read in time' });
  // Half of the time is left to publish in: after a slow body, a read that hangs must not use it up while older keys would serve.
  const tried = await deadline.race(keys.current(deadline.remaining() / 2), late);
  if (isSignedBy(tried, headers, text)) return text;
  const newer = await deadline.race(keys.newerThan(tried), late);
  if (newer !== undefined && isSignedBy(newer, headers, text)) return text;
  throw new Refusal('signature');
}

function accepted(reading: Reading): Accepted {
  switch (reading.kind) {
    case 'incident':
      return { outcome: 'published', level: 'info', message: describe(reading.event) };
    case 'ping':
      return {
        outcome: 'ignored',
        reason: 'ping',
        level: 'info',
        message: 'Test message of Svix; nothing to publish.',
      };
    case 'other':
      return reading.moved
        ? {
            outcome: 'ignored',
            reason: 'event_type',
            level: 'warn',
            message: 'Another version of the incident update event; nothing published. Has the contract moved?',
          }
        : {
            outcome: 'ignored',
            reason: 'event_type',
            level: 'info',
            message: 'Another event type; nothing to publish.',
          };
  }
}

function describe({ incident, leads }: IncidentEvent): string {
  return `Published the update of incident ${incident.id}: status ${incident.status ?? 'unknown'}, leads ${leads.length}.`;
}

function traceparentOf({ headers: { traceparent } }: IncomingMessage): string | undefined {
  return typeof traceparent === 'string' && parseTraceparent(traceparent) !== undefined ? traceparent : undefined;
}
