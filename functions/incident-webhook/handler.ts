import type { IncomingMessage } from 'node:http';
import type { Handler } from '../../shared/answer.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { parseTraceparent } from '../../shared/trace.ts';
import { accepted, refused } from './outcomes.ts';
import type { Publish } from './publish.ts';
import { readRequest } from './request.ts';
import type { Route } from './route.ts';
import { WEBHOOK_ID } from './signature-headers.ts';

/** In milliseconds from a request's start. */
export interface HandlerLimits {
  /** Until its body must be complete. */
  readonly bodyMs: number;
  /** Until work on it stops, which leaves time to write the answer. */
  readonly answerMs: number;
}

/** The webhook function: read, verify, validate, normalize, publish, 204. */
export function createHandler(routes: readonly Route[], publish: Publish, limits: HandlerLimits): Handler {
  return async (req) => {
    const deadline = deadlineAfter(limits.answerMs);
    const receivedAt = new Date();
    const known: { webhookId?: string | undefined; incidentId?: string } = { webhookId: loggableId(req) };
    try {
      const { route, body } = await readRequest(req, routes, limits.bodyMs);
      const { webhookId, text } = await route.verify(req.rawHeaders, body, deadline);
      known.webhookId = webhookId;
      const decision = route.read(text, { webhookId, receivedAt, traceparent: traceparentOf(req) });
      if ('ignore' in decision) return accepted(decision.ignore, known);
      known.incidentId = decision.incidentId;
      await publish(decision.publish, deadline);
      return accepted('published', known, decision.summary);
    } catch (error) {
      return refused(error, known);
    }
  };
}

/** A well-formed webhook id may be logged before it is authenticated. */
function loggableId({ headers }: IncomingMessage): string | undefined {
  const id = headers['webhook-id'] ?? headers['svix-id'];
  return typeof id === 'string' && WEBHOOK_ID.test(id) ? id : undefined;
}

function traceparentOf({ headers: { traceparent } }: IncomingMessage): string | undefined {
  return typeof traceparent === 'string' && parseTraceparent(traceparent) !== undefined ? traceparent : undefined;
}
