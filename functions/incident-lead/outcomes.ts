import { createHash } from 'node:crypto';
import type { IncidentEvent, Lead } from '../../shared/incident-event.ts';
import type { LogLine } from '../../shared/log.ts';
import type { Delivery } from '../../shared/push-envelope.ts';
import type { Trace } from '../../shared/trace.ts';
import type { Assessment } from './assess.ts';

/** What a log line says besides its outcome. */
export interface Context {
  readonly delivery: Delivery;
  /** Where the message carries no trace. */
  readonly requestTrace: Trace | undefined;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  /** HTTP status answered. */
  readonly status: number;
}

/** The rest of the outcomes: those of a whole message. */
export type MessageOutcome = 'skipped_status' | 'no_lead' | 'invalid_message' | 'database_unavailable' | 'failed';

/** Log-based metrics skip entries that are older than a day; Cloud Logging refuses those that are more than a day ahead. */
const MAX_TIMESTAMP_DISTANCE_MS = 23 * 3_600_000;

const MESSAGE_LEVELS = {
  skipped_status: 'debug',
  no_lead: 'debug',
  invalid_message: 'error',
  database_unavailable: 'error',
  failed: 'error',
} as const satisfies Record<MessageOutcome, LogLine['level']>;

const LEAD_LINES = {
  no_slack_user: { level: 'warn', message: 'The incident lead has no Slack user' },
  unknown_alaner: { level: 'warn', message: 'No alaner has the Slack id of the incident lead' },
  lead_with_role: { level: 'debug', message: 'The incident lead holds the role' },
  ambiguous_alaner: {
    level: 'error',
    message: 'Several alaners have the Slack id of the incident lead; correct the directory, then redrive the message',
  },
} as const;

/** The line for one lead. */
export function leadLine(context: Context, event: IncidentEvent, lead: Lead, assessment: Assessment): LogLine {
  const { outcome } = assessment;
  const base = common(context, event);
  if (outcome === 'lead_without_role') {
    return {
      ...base,
      level: 'info',
      always: true,
      message: `${assessment.email} is now incident lead for incident id: ${event.incident.id}`,
      metadata: { outcome, ...base.metadata },
      insertId: insertIdOf(event.webhookId, lead),
      timestamp: timestampOf(event),
    };
  }
  const { level, message } = LEAD_LINES[outcome];
  return {
    ...base,
    level,
    message: `${message}: incident ${event.incident.id}, ${nameOf(lead)}.`,
    metadata: { outcome, ...base.metadata },
  };
}

/** The line for a message as a whole. */
export function messageLine(
  context: Context,
  event: IncidentEvent | undefined,
  outcome: MessageOutcome,
  { message, reason, stack }: { message: string; reason?: string; stack?: string | undefined },
): LogLine {
  const base = common(context, event);
  return { ...base, level: MESSAGE_LEVELS[outcome], message, metadata: { outcome, reason, ...base.metadata }, stack };
}

function common({ delivery, requestTrace, startedAt, status }: Context, event: IncidentEvent | undefined) {
  return {
    trace: delivery.trace ?? requestTrace,
    metadata: {
      status,
      webhookId: event?.webhookId,
      incidentId: event?.incident.id,
      updatedAt: event?.incident.updatedAt,
      messageId: delivery.messageId,
      deliveryAttempt: delivery.deliveryAttempt,
      durationMs: Math.round(performance.now() - startedAt),
    },
  };
}

/** The same for every delivery of a message, so that Cloud Logging shows a redelivered line once. Hashed: both parts may be long. */
export function insertIdOf(webhookId: string, lead: Lead): string {
  return createHash('sha256')
    .update(`${webhookId}/${lead.incidentIoUserId ?? lead.slackUserId}`)
    .digest('base64url');
}

function timestampOf({ receivedAt }: IncidentEvent): Date | null {
  const at = new Date(receivedAt);
  return Math.abs(Date.now() - at.getTime()) <= MAX_TIMESTAMP_DISTANCE_MS ? at : null;
}

function nameOf({ slackUserId, incidentIoUserId }: Lead): string {
  return slackUserId === null ? `incident.io user ${incidentIoUserId ?? 'unknown'}` : `Slack user ${slackUserId}`;
}
