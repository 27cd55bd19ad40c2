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

/** What is changed of the example. */
interface Incident {
  readonly id: string;
  readonly incident_status: object;
  readonly incident_role_assignments: readonly [Assignment];
}

interface Assignment {
  readonly role: object;
  readonly assignee: { readonly id: string; readonly slack_user_id?: string };
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
  const body = JSON.parse(readExample(INCIDENT_UPDATED)) as { [INCIDENT_UPDATED]: Incident };
  const example = body[INCIDENT_UPDATED];
  const category = status ?? 'learning';
  const changes = oldForm
    ? { id: undefined, incident_id: id ?? example.id, incident_status: category }
    : { id: id ?? example.id, incident_status: { ...example.incident_status, category } };
  const roles = lead !== undefined && { incident_role_assignments: assignmentsOf(lead, example) };
  return JSON.stringify({ ...body, [INCIDENT_UPDATED]: { ...example, ...changes, ...roles } });
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

function assignmentsOf(lead: string, { incident_role_assignments: [{ role, assignee }] }: Incident): object[] {
  const leadBy = (slackId: string | undefined, id = assignee.id) => ({
    role,
    assignee: { ...assignee, id, slack_user_id: slackId },
  });
  const cases: Record<LeadCase, () => object[]> = {
    'without-role': () => [leadBy('U01LEAD')],
    'with-role': () => [leadBy('U02MANAGER')],
    two: () => [leadBy('U01LEAD'), leadBy('U02MANAGER', '01FCNDV6P870EA6S7TK1DSYDG1')],
    unknown: () => [leadBy('U0NOBODY')],
    'without-slack': () => [leadBy(undefined)],
    unassigned: () => [{ role }],
    none: () => [],
    renamed: () => [{ ...leadBy('U01LEAD'), role: { ...role, name: 'Incident Commander', shortform: 'commander' } }],
  };
  if (Object.hasOwn(cases, lead)) return cases[lead as LeadCase]();
  if (/^[A-Z0-9]{1,64}$/.test(lead)) return [leadBy(lead)];
  throw new Error(`"${lead}" is neither a Slack id, such as U01LEAD, nor one of: ${Object.keys(cases).join(', ')}.`);
}
