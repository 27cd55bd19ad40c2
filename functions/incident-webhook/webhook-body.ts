/** The event that is published; its name is also the key that holds the incident. */
export const INCIDENT_UPDATED = 'public_incident.incident_updated_v2';

/** incident.io's own SDKs treat null as missing. */
type Optional<T> = T | null | undefined;

/** One entry of `incident_role_assignments`. */
export interface RoleAssignment {
  readonly role?: Optional<{ readonly role_type?: Optional<string> }>;
  readonly assignee?: Optional<{ readonly id?: unknown; readonly slack_user_id?: Optional<string> }>;
}

/**
 * What `schemas/incident-webhook.schema.json` accepts; it does not check the fields of type
 * `unknown`.
 */
export interface IncidentWebhookBody {
  readonly event_type: string;
  readonly [INCIDENT_UPDATED]: {
    readonly id?: Optional<string>;
    readonly incident_id?: Optional<string>;
    readonly incident_status?: Optional<string | { readonly category?: Optional<string> }>;
    readonly incident_role_assignments?: Optional<readonly RoleAssignment[]>;
    readonly reference?: unknown;
    readonly mode?: unknown;
    readonly permalink?: unknown;
    readonly updated_at?: unknown;
  };
}
