import { type Incident, type IncidentEvent, type Lead, PRINCIPAL } from '../../shared/incident-event.ts';

/** What to change in an event; what a test does not say is valid. */
type EventChanges = Partial<
  Pick<IncidentEvent, 'webhookId' | 'receivedAt' | 'leads'> &
    Pick<Incident, 'status' | 'updatedAt'> & { readonly incidentId: string }
>;

/** Attributes and delivery of a push request. */
interface PushChanges {
  readonly attributes?: Record<string, unknown>;
  readonly messageId?: string;
  readonly deliveryAttempt?: number;
  /** In place of the event's own bytes. */
  readonly data?: string | Buffer;
}

/** A lead without the role, by the sample alaners. */
export const ADA: Lead = { incidentIoUserId: '01LEADADA', slackUserId: 'U01LEAD' };
/** A lead who holds the role. */
export const GRACE: Lead = { incidentIoUserId: '01LEADGRACE', slackUserId: 'U02MANAGER' };

/** An event whose incident is past triage and live, led by somebody without the role. */
export function incidentEvent({
  incidentId: id = '01INCIDENT',
  status = 'learning',
  updatedAt = '2026-08-01T10:00:00Z',
  ...changes
}: EventChanges = {}): IncidentEvent {
  const permalink = 'https://app.incident.io/incidents/1';
  return {
    webhookId: 'msg_1',
    eventType: 'public_incident.incident_updated_v2',
    receivedAt: new Date().toISOString(),
    principal: PRINCIPAL,
    incident: { id, reference: 'INC-1', status, mode: 'standard', permalink, updatedAt },
    leads: [ADA],
    ...changes,
  };
}

/** A push request's body, as Pub/Sub writes it. */
export function pushBody(
  event: unknown,
  { attributes = { schemaVersion: '1' }, messageId = '1001', deliveryAttempt, data }: PushChanges = {},
): string {
  const publishTime = new Date().toISOString();
  return JSON.stringify({
    message: {
      data: Buffer.from(data ?? JSON.stringify(event)).toString('base64'),
      attributes,
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
    },
    subscription: 'projects/alan-eu-tools/subscriptions/incident-lead',
    ...(deliveryAttempt !== undefined && { deliveryAttempt }),
  });
}
