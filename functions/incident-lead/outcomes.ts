import { createHash } from 'node:crypto';
import type { Answer } from '../../shared/answer.ts';
import type { LogLevel } from '../../shared/environment.ts';
import type { IncidentEvent, Lead } from '../../shared/incident-event.ts';
import type { LogLine } from '../../shared/log-line.ts';
import type { Delivery } from '../../shared/push-envelope.ts';
import type { Assessment } from './assess.ts';

interface Outcome {
  /** HTTP status; 2xx acknowledges the message. */
  readonly status: number;
  readonly level: LogLevel;
  /** What the log says; details follow. */
  readonly message: string;
}

/** Every outcome of a message: the contract's table. */
export const OUTCOMES = {
  skipped_status: { status: 204, level: 'debug', message: 'The lead is not looked up in this status' },
  no_lead: { status: 204, level: 'debug', message: 'The incident has no lead' },
  no_slack_user: { status: 204, level: 'warn', message: 'The incident lead has no Slack user' },
  unknown_alaner: { status: 204, level: 'warn', message: 'No alaner has the Slack id of the incident lead' },
  lead_with_role: { status: 204, level: 'debug', message: 'The incident lead holds the role' },
  lead_without_role: { status: 204, level: 'info', message: 'is now incident lead for incident id' },
  ambiguous_alaner: {
    status: 500,
    level: 'error',
    message: 'Several alaners have the Slack id of the incident lead; correct the directory, then redrive the message',
  },
  invalid_message: { status: 400, level: 'error', message: 'The push request holds no incident event' },
  database_unavailable: { status: 503, level: 'error', message: 'The alaner directory cannot be read' },
  failed: { status: 500, level: 'error', message: 'Something went wrong' },
} as const satisfies Record<string, Outcome>;

/** The outcome of a message, or of one of its leads. */
export type LeadOutcome = keyof typeof OUTCOMES;
/** The outcomes of a message as a whole. */
export type MessageOutcome = Exclude<LeadOutcome, Assessment['outcome']>;

/** What a line tells about its message. */
export interface Context {
  readonly delivery: Delivery;
  readonly event: IncidentEvent | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** What else the line of a message tells. */
export interface Details {
  readonly detail?: string;
  readonly reason?: string;
  readonly stack?: string;
  /** Instead of the outcome's status. */
  readonly status?: number;
}

/** Log-based metrics skip entries that are more than a day old or more than ten minutes ahead. */
const MAX_AGE_MS = 23 * 3_600_000;
const MAX_AHEAD_MS = 10 * 60_000;

/** The answer to a message as a whole. */
export function answerMessage(context: Context, outcome: MessageOutcome, details: Details = {}): Answer {
  const { status, level, message } = OUTCOMES[outcome];
  const line: LogLine = {
    ...common(context, outcome, details.reason),
    level,
    message: details.detail === undefined ? `${message}.` : `${message}: ${details.detail}.`,
    ...(details.stack !== undefined && { stack: details.stack }),
  };
  return { status: details.status ?? status, lines: [line] };
}

/**
 * The answer to a message with leads: one line for each. If one of them is 500, the answer is 500.
 */
export function answerLeads(
  context: Context,
  event: IncidentEvent,
  leads: readonly { readonly lead: Lead; readonly assessment: Assessment }[],
): Answer {
  return {
    status: Math.max(...leads.map(({ assessment }) => OUTCOMES[assessment.outcome].status)),
    lines: leads.map(({ lead, assessment }) => leadLine(context, event, lead, assessment)),
  };
}

function leadLine(context: Context, event: IncidentEvent, lead: Lead, assessment: Assessment): LogLine {
  const { outcome } = assessment;
  const { level, message } = OUTCOMES[outcome];
  const line = { ...common(context, outcome), level };
  if (outcome === 'lead_without_role') {
    return {
      ...line,
      always: true,
      message: `${assessment.email} ${message}: ${event.incident.id}`,
      insertId: insertIdOf(event.webhookId, lead),
      timestamp: timestampOf(event, context.now),
    };
  }
  return { ...line, message: `${message}: incident ${event.incident.id}, ${nameOf(lead)}.` };
}

function common({ delivery, event }: Context, outcome: LeadOutcome, reason?: string) {
  return {
    trace: delivery.trace,
    metadata: {
      outcome,
      reason,
      webhookId: event?.webhookId,
      incidentId: event?.incident.id,
      updatedAt: event?.incident.updatedAt,
      messageId: delivery.messageId,
      deliveryAttempt: delivery.deliveryAttempt,
    },
  };
}

/**
 * The same for every delivery of a message, so that Cloud Logging shows its line once. A hash,
 * since both parts may be long.
 */
export function insertIdOf(webhookId: string, lead: Lead): string {
  return createHash('sha256')
    .update(`${webhookId}/${lead.incidentIoUserId ?? lead.slackUserId}`)
    .digest('base64url');
}

function timestampOf({ receivedAt }: IncidentEvent, now: number): Date | null {
  const time = Date.parse(receivedAt);
  return now - time <= MAX_AGE_MS && time - now <= MAX_AHEAD_MS ? new Date(time) : null;
}

function nameOf({ slackUserId, incidentIoUserId }: Lead): string {
  return slackUserId === null ? `incident.io user ${incidentIoUserId ?? 'unknown'}` : `Slack user ${slackUserId}`;
}
