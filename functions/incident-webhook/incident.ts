import { type Incident, type IncidentEvent, isTimestamp, type Lead, PRINCIPAL } from '../../shared/incident-event.ts';
import { isObject } from '../../shared/is-object.ts';
import { listIncidentWebhookErrors, validateIncidentWebhook } from './incident-webhook.validator.ts';
import { type IgnoredReason, Refusal, type SchemaError } from './outcomes.ts';
import { INCIDENT_UPDATED, type IncidentWebhookBody, type RoleAssignment } from './webhook-body.ts';

const ANY_INCIDENT_UPDATED = 'public_incident.incident_updated_v';
const MAX_LISTED_ERRORS = 20;
/** The beginning of a JSON pointer into an assignment. */
const ASSIGNMENT = new RegExp(`^(/${INCIDENT_UPDATED.replace('.', '\\.')}/incident_role_assignments/)(\\d+)`);

/**
 * Reads an authentic body: parses it, checks it against the schema, and keeps only the fields that
 * we use.
 * @returns the incident update; or why it is none: Svix's test message, another event type of
 *   incident.io, or another version of the incident update, which means that incident.io may have
 *   changed the contract.
 * @throws Refusal `not_json` (400) or `schema` (422).
 */
export function readIncident(
  text: string,
  received: { webhookId: string; receivedAt: Date },
): IncidentEvent | IgnoredReason {
  const body = parse(text);
  if (isObject(body) && !Object.hasOwn(body, INCIDENT_UPDATED)) return readOther(body);
  if (!validateIncidentWebhook(body)) throw new Refusal('schema', { errors: schemaErrors(body) });
  return normalize(body, received);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: V8 quotes the body in its message.
    throw new Refusal('not_json');
  }
}

function readOther(body: Readonly<Record<string, unknown>>): IgnoredReason {
  const { event_type: type, success } = body;
  if (type === undefined && success === true) return 'ping';
  const validType = typeof type === 'string' && type.length > 0 && characters(type) <= 256;
  if (validType && type !== INCIDENT_UPDATED && Object.hasOwn(body, type)) {
    return type.startsWith(ANY_INCIDENT_UPDATED) ? 'event_version' : 'event_type';
  }
  if (!validType || type === INCIDENT_UPDATED) throw new Refusal('schema', { errors: schemaErrors(body) });
  throw new Refusal('schema', { errors: [{ pointer: '', rule: 'must have the property that event_type names' }] });
}

function schemaErrors(body: unknown): SchemaError[] {
  const { shortened, positions } = withoutValidAssignments(body);
  listIncidentWebhookErrors(shortened);
  return (listIncidentWebhookErrors.errors ?? [])
    .filter(({ keyword }) => keyword !== 'if')
    .slice(0, MAX_LISTED_ERRORS)
    .map(({ instancePath, message }) => ({
      pointer: instancePath.replace(ASSIGNMENT, (_, start, index) => `${start}${positions[index]}`),
      rule: message ?? 'is not valid',
    }));
}

/**
 * The body with only as many of its assignments as are enough to find twenty errors, and where these stand: a hostile
 * 1 MiB body had 500,001 errors to list.
 */
function withoutValidAssignments(body: unknown): { shortened: unknown; positions: readonly number[] } {
  const incident = isObject(body) ? body[INCIDENT_UPDATED] : undefined;
  const assignments = isObject(incident) ? incident['incident_role_assignments'] : undefined;
  if (!isObject(body) || !isObject(incident) || !Array.isArray(assignments)) return { shortened: body, positions: [] };
  const positions: number[] = [];
  for (const [index, assignment] of assignments.entries()) {
    const alone = {
      event_type: INCIDENT_UPDATED,
      [INCIDENT_UPDATED]: { id: '1', incident_role_assignments: [assignment] },
    };
    if (!validateIncidentWebhook(alone)) positions.push(index);
    if (positions.length === MAX_LISTED_ERRORS) break;
  }
  const invalid = positions.map((index) => assignments[index]);
  return {
    shortened: { ...body, [INCIDENT_UPDATED]: { ...incident, incident_role_assignments: invalid } },
    positions,
  };
}

function normalize(body: IncidentWebhookBody, received: { webhookId: string; receivedAt: Date }): IncidentEvent {
  const source = body[INCIDENT_UPDATED];
  const incident: Incident = {
    id: source.id ?? source.incident_id ?? '',
    reference: short(source.reference),
    status: short(
      typeof source.incident_status === 'string' ? source.incident_status : source.incident_status?.category,
    ),
    mode: short(source.mode),
    permalink: httpsUrl(source.permalink),
    updatedAt: isTimestamp(source.updated_at) ? source.updated_at : null,
  };
  return {
    webhookId: received.webhookId,
    eventType: body.event_type.toWellFormed(),
    receivedAt: received.receivedAt.toISOString(),
    principal: PRINCIPAL,
    incident,
    leads: (source.incident_role_assignments ?? []).flatMap(toLead),
  };
}

function toLead({ role, assignee }: RoleAssignment): Lead[] {
  if (role?.role_type !== 'lead' || !assignee) return [];
  return [
    {
      incidentIoUserId: matching(assignee.id, /^[\x20-\x7e]{1,128}$/),
      slackUserId: matching(assignee.slack_user_id, /^[A-Za-z0-9]{1,64}$/),
    },
  ];
}

function short(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && characters(value) <= 64 ? value.toWellFormed() : null;
}

function httpsUrl(value: unknown): string | null {
  const url = matching(value, /^[^\s\p{C}]{1,2048}$/u);
  return url !== null && URL.parse(url)?.protocol === 'https:' ? url : null;
}

function matching(value: unknown, form: RegExp): string | null {
  return typeof value === 'string' && form.test(value) ? value : null;
}

/** Unicode characters, as JSON schema counts a length. */
function characters(text: string): number {
  return text.length > 512 ? text.length : [...text].length;
}
