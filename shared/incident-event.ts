/** Version of `schemas/incident-event.schema.json`, sent as the attribute `schemaVersion`. */
export const SCHEMA_VERSION = '1';

/** Data of a message on the incident events topic: `schemas/incident-event.schema.json`. */
export interface IncidentEvent {
  readonly webhookId: string;
  readonly eventType: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly principal: typeof PRINCIPAL;
  readonly incident: Incident;
  readonly leads: readonly Lead[];
}

/** The incident as the webhook described it. */
export interface Incident {
  readonly id: string;
  readonly reference: string | null;
  /** Status category; null counts as neither triage nor live. */
  readonly status: string | null;
  readonly mode: string | null;
  readonly permalink: string | null;
  /** RFC 3339. */
  readonly updatedAt: string | null;
}

/** Somebody who holds the lead role. */
export interface Lead {
  readonly incidentIoUserId: string | null;
  readonly slackUserId: string | null;
}

/** The account that vouches for every event. */
export const PRINCIPAL = 'incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com';

/** True for an RFC 3339 timestamp that names a real instant. */
export function isTimestamp(text: unknown): text is string {
  if (typeof text !== 'string' || !RFC_3339.test(text) || Number.isNaN(Date.parse(text))) return false;
  // Date.parse reads 30 February as 2 March.
  const date = text.slice(0, 'yyyy-mm-dd'.length);
  return new Date(date).toISOString().startsWith(date);
}

/**
 * Hours up to 23, as in the schema. Date.parse accepts 24:00 too, but the subscriber would refuse
 * it.
 */
const RFC_3339 =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/;
