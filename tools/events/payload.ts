import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { EXAMPLES, eventTypes, type LeadCase, PING } from './catalogue.ts';

/** Which event to make; everything has a default. */
export interface Sample {
  /** Default: the incident update. */
  readonly event?: string | undefined;
  /** Status category; default `learning`. The example's own is `triage`, which is skipped. */
  readonly status?: string | undefined;
  /** A case by name, or a Slack id; default: the example's own lead. */
  readonly lead?: string | undefined;
  /** Default: the example's own. */
  readonly incident?: string | undefined;
  /** Status as a string, and `incident_id`, as the endpoint before this one read them. */
  readonly oldForm?: boolean | undefined;
}

interface Incident {
  id?: string;
  incident_id?: string;
  incident_status: { category: string } | string;
  incident_role_assignments: Assignment[];
}

interface Assignment {
  role: { name: string; shortform: string };
  assignee?: { id: string; slack_user_id?: string };
}

/**
 * The text of an event's body.
 * @throws Error where there is no example of the event type, or an option does not fit it.
 */
export function samplePayload({
  event = INCIDENT_UPDATED,
  status,
  lead,
  incident: id,
  oldForm = false,
}: Sample): string {
  if (event !== INCIDENT_UPDATED) {
    const changes = Object.entries({ status, lead, incident: id, 'old-form': oldForm || undefined });
    const [change] = changes.find(([, value]) => value !== undefined) ?? [];
    if (change !== undefined)
      throw new Error(`--${change} changes ${INCIDENT_UPDATED} only; leave it out, or leave out --event.`);
    return readExample(event);
  }
  const body = JSON.parse(readExample(INCIDENT_UPDATED)) as { event_type: string; [INCIDENT_UPDATED]: Incident };
  const incident = body[INCIDENT_UPDATED];
  if (typeof incident.incident_status === 'object') incident.incident_status.category = status ?? 'learning';
  if (id !== undefined) incident.id = id;
  if (lead !== undefined) incident.incident_role_assignments = assignmentsOf(lead, incident);
  if (oldForm) {
    incident.incident_id = incident.id ?? '';
    delete incident.id;
    incident.incident_status = status ?? 'learning';
  }
  return JSON.stringify(body);
}

function readExample(event: string): string {
  if (!eventTypes().includes(event)) {
    throw new Error(`there is no example of the event type "${event}". There are:\n  ${eventTypes().join('\n  ')}`);
  }
  return readFileSync(
    event === PING ? join(EXAMPLES, '..', 'svix-ping.json') : join(EXAMPLES, `${event}.json`),
    'utf8',
  );
}

function assignmentsOf(lead: string, { incident_role_assignments: [example] }: Incident): Assignment[] {
  if (example === undefined) throw new Error('the example holds no role assignment.');
  const { role, assignee = { id: '' } } = example;
  const held = (slackId: string | undefined, id = assignee.id): Assignment => {
    const { slack_user_id: _, ...rest } = assignee;
    return { role, assignee: { ...rest, id, ...(slackId !== undefined && { slack_user_id: slackId }) } };
  };
  const cases: Record<LeadCase, () => Assignment[]> = {
    'without-role': () => [held('U01LEAD')],
    'with-role': () => [held('U02MANAGER')],
    two: () => [held('U01LEAD'), held('U02MANAGER', '01FCNDV6P870EA6S7TK1DSYDG1')],
    unknown: () => [held('U0NOBODY')],
    'without-slack': () => [held(undefined)],
    unassigned: () => [{ role }],
    none: () => [],
    renamed: () => [{ ...held('U01LEAD'), role: { ...role, name: 'Incident Commander', shortform: 'commander' } }],
  };
  if (Object.hasOwn(cases, lead)) return cases[lead as LeadCase]();
  if (/^[A-Z0-9]{1,64}$/.test(lead)) return [held(lead)];
  throw new Error(`"${lead}" is neither a Slack id, such as U01LEAD, nor one of: ${Object.keys(cases).join(', ')}.`);
}
