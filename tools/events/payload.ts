import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';

/** incident.io's example payloads, one file per event type. */
export const EXAMPLES = join(import.meta.dirname, '..', '..', 'schemas', 'examples', 'official-2026-08');
/** Svix's test message. */
const PING = 'svix.ping';

/** Every status category of incident.io, and one that does not exist (yet). */
export const STATUSES = [
  'triage',
  'declined',
  'merged',
  'canceled',
  'live',
  'learning',
  'closed',
  'paused',
  'unknown-status',
];

/** What is changed of the example's one assignment; without an assignee, nobody has the role. */
interface Assignment {
  readonly role?: object;
  readonly assignee?: { readonly slack_user_id: string | undefined; readonly id?: string };
}

const leadBy = (slackId: string | undefined): Assignment => ({ assignee: { slack_user_id: slackId } });
const SECOND = { slack_user_id: 'U02MANAGER', id: '01FCNDV6P870EA6S7TK1DSYDG1' };
const RENAMED = { name: 'Incident Commander', shortform: 'commander' };

/** The lead cases by name: what the subscriber makes of each, and its role assignments. */
export const LEADS: Readonly<Record<string, { readonly what: string; readonly assignments: readonly Assignment[] }>> = {
  'without-role': { what: 'U01LEAD, who lacks the role: the lead_without_role line', assignments: [leadBy('U01LEAD')] },
  'with-role': { what: 'U02MANAGER, who holds the role: lead_with_role', assignments: [leadBy('U02MANAGER')] },
  two: { what: 'U01LEAD and U02MANAGER: one line each', assignments: [leadBy('U01LEAD'), { assignee: SECOND }] },
  unknown: { what: 'U0NOBODY, a Slack id that no alaner has: unknown_alaner', assignments: [leadBy('U0NOBODY')] },
  'without-slack': { what: 'a lead without a Slack id: no_slack_user', assignments: [leadBy(undefined)] },
  unassigned: { what: 'the lead role without an assignee: no_lead', assignments: [{}] },
  none: { what: 'no role assignments at all: no_lead', assignments: [] },
  renamed: {
    what: 'U01LEAD under a renamed lead role: the lead_without_role line',
    assignments: [{ ...leadBy('U01LEAD'), role: RENAMED }],
  },
};

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

/**
 * The text of an event's body.
 * @throws Error where there is no example of the event type, or an option does not fit it.
 */
export function samplePayload({ event = INCIDENT_UPDATED, status, lead, incident, oldForm }: Sample): string {
  if (event !== INCIDENT_UPDATED) {
    const changes = Object.entries({ status, lead, incident, 'old-form': oldForm || undefined });
    const [change] = changes.find(([, value]) => value !== undefined) ?? [];
    if (change !== undefined)
      throw new Error(`--${change} changes ${INCIDENT_UPDATED} only; leave it out, or leave out --event.`);
    return readExample(event);
  }
  const body = JSON.parse(readExample(INCIDENT_UPDATED));
  const example = body[INCIDENT_UPDATED];
  const id = incident ?? example.id;
  const category = status ?? 'learning';
  const changes = oldForm
    ? { id: undefined, incident_id: id, incident_status: category }
    : { id, incident_status: { ...example.incident_status, category } };
  const [{ role, assignee }] = example.incident_role_assignments;
  const roles = lead !== undefined && {
    incident_role_assignments: assignmentsOf(lead).map((own) => ({
      role: { ...role, ...own.role },
      ...(own.assignee && { assignee: { ...assignee, ...own.assignee } }),
    })),
  };
  return JSON.stringify({ ...body, [INCIDENT_UPDATED]: { ...example, ...changes, ...roles } });
}

/** Every event type there is an example of. */
export function eventTypes(): string[] {
  const files = readdirSync(EXAMPLES).map((file) => file.replace(/\.json$/, ''));
  return [...files.toSorted(), PING];
}

function readExample(event: string): string {
  if (!eventTypes().includes(event)) {
    throw new Error(`there is no example of the event type "${event}". There are:\n  ${eventTypes().join('\n  ')}`);
  }
  return readFileSync(join(EXAMPLES, event === PING ? '../svix-ping.json' : `${event}.json`), 'utf8');
}

function assignmentsOf(lead: string): readonly Assignment[] {
  if (/^[A-Z0-9]{1,64}$/.test(lead)) return [leadBy(lead)];
  const known = LEADS[lead]?.assignments;
  if (known !== undefined) return known;
  throw new Error(`"${lead}" is neither a Slack id, such as U01LEAD, nor one of: ${Object.keys(LEADS).join(', ')}.`);
}
