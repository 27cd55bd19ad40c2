import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';

/** A JSON object, as a test writes it. */
export type Json = Record<string, unknown>;

/** The smallest incident update: an id and nothing else. */
export const INCIDENT_ID = '01FDAG4SAP5TYPT98WGR2N7W91';

/** The text of an incident update; `incident` is added to the id, `envelope` to the two keys of the body. */
export function bodyOf(incident: Json = {}, envelope: Json = {}): string {
  return JSON.stringify({
    event_type: INCIDENT_UPDATED,
    [INCIDENT_UPDATED]: { id: INCIDENT_ID, ...incident },
    ...envelope,
  });
}

/** An assignment of the lead role; `assignee` as incident.io sends it, or left out. */
export function leadRole(assignee?: unknown): Json {
  return { role: { role_type: 'lead', name: 'Incident Commander' }, ...(assignee !== undefined && { assignee }) };
}
