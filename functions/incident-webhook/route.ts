import type { IncidentEvent } from '../../shared/incident-event.ts';
import { readIncident } from './incident.ts';
import type { IgnoredReason } from './outcomes.ts';
import { type OutgoingMessage, toMessage } from './publish.ts';
import type { Verify } from './verifier.ts';

/** What is known about a webhook besides its text. */
export interface Received {
  readonly webhookId: string;
  readonly receivedAt: Date;
  /** W3C `traceparent` of the request. */
  readonly traceparent: string | undefined;
}

/** What to do with an authentic webhook. */
export type Decision =
  | { readonly publish: OutgoingMessage; readonly incidentId: string; readonly summary: string }
  | { readonly ignore: IgnoredReason };

/** One endpoint: its path, who may send to it, and what it does with a webhook. */
export interface Route {
  /** Compared exactly as received. */
  readonly path: string;
  readonly verify: Verify;
  /** @throws Refusal `not_json` (400) or `schema` (422). */
  readonly read: (text: string, received: Received) => Decision;
}

/** Path of the endpoint for incident updates. */
export const PATH = '/webhooks/incident/lead';

/** The endpoint for incident updates. */
export function incidentLeadRoute(verify: Verify): Route {
  return { path: PATH, verify, read: decideOnIncident };
}

function decideOnIncident(text: string, received: Received): Decision {
  const event = readIncident(text, received);
  if (typeof event === 'string') return { ignore: event };
  return {
    publish: toMessage(event, received.traceparent),
    incidentId: event.incident.id,
    summary: summarize(event),
  };
}

function summarize({ incident, leads }: IncidentEvent): string {
  return `${incident.id}: status ${incident.status ?? 'unknown'}, leads ${leads.length}.`;
}
