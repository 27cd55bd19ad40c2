import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { EXAMPLES } from '../events/catalogue.ts';
import type { MessageInput } from '../services/pubsub/message.ts';
import { pick, type Rng } from './faults.ts';

/** What the sender sends, and what has to come of it. */
export interface PlannedEvent {
  readonly id: string;
  readonly kind: Kind;
  readonly body: string;
  /** The answer that ends the sending: 204, or the refusal that every attempt gets. */
  readonly status: 204 | 400 | 422;
  /** The lines of one delivery of its message, as `lineKey` names them; undefined where nothing may be published. */
  readonly lines: readonly string[] | undefined;
}

/** A line of the subscriber, reduced to what has to be right about it. */
export function lineKey(outcome: string, message: string): string {
  return outcome === 'lead_without_role' ? `${outcome}: ${message}` : outcome;
}

/** In the incident id of everything that is not authentic; nothing that carries it may have an effect. */
export const FORGED = '01FORGED';

/** Shares of all events; the rest is the plainest one. */
const SHARES = {
  one_with_role: 0.08,
  two_leads: 0.08,
  three_leads: 0.05,
  unknown_alaner: 0.05,
  no_slack_user: 0.05,
  no_lead: 0.05,
  skipped_status: 0.1,
  ambiguous_alaner: 0.005,
  other_event: 0.06,
  ping: 0.02,
  breaks_schema: 0.005,
  not_json: 0.005,
};

/** What an event is about. */
export type Kind = keyof typeof SHARES | 'one_without_role';
type UpdateKind = Exclude<Kind, 'other_event' | 'ping' | 'breaks_schema' | 'not_json'>;

/** Slack id of two alaners; the subscriber cannot tell them apart. */
const AMBIGUOUS_SLACK_ID = 'U09DUPLICATE';
/** Adds the alaners that a run needs beside the samples. */
export const ADD_DUPLICATES = `
  insert into alaner (id, email, slack_id) values
    ('00000000-0000-4000-8000-0000000000a1', 'duplicate-one@example.com', '${AMBIGUOUS_SLACK_ID}'),
    ('00000000-0000-4000-8000-0000000000a2', 'duplicate-two@example.com', '${AMBIGUOUS_SLACK_ID}')
  on conflict (id) do nothing`;

const readExample = (name: string): string => readFileSync(join(EXAMPLES, `${name}.json`), 'utf8');
const example = JSON.parse(readExample(INCIDENT_UPDATED)) as { [INCIDENT_UPDATED]: object };
const OTHERS = ['public_incident.incident_created_v2', 'private_incident.incident_updated_v2'].map(readExample);
const PING = readExample('../svix-ping');

/** A lead, with the e-mail address that the line about it begins with, or else the outcome. */
type Lead = Readonly<Partial<Record<'slackId' | 'email' | 'outcome', string>>>;

const ADA: Lead = { slackId: 'U01LEAD', email: 'ada@example.com' };
const LISA: Lead = { slackId: 'U02AYNF2XJM', email: 'lisa@example.com' };
const GRACE: Lead = { slackId: 'U02MANAGER', outcome: 'lead_with_role' };
const NOBODY: Lead = { slackId: 'U0NOBODY', outcome: 'unknown_alaner' };
const AMBIGUOUS: Lead = { slackId: AMBIGUOUS_SLACK_ID, outcome: 'ambiguous_alaner' };
const NO_SLACK: Lead = { outcome: 'no_slack_user' };

/** The event with this number, always the same for one seed. */
export function planEvent(number: number, rng: Rng): PlannedEvent {
  const id = `msg_${String(number).padStart(8, '0')}`;
  const kind = pick(rng(`${id}/kind`), SHARES) ?? 'one_without_role';
  const withoutEffect = { id, kind, status: 204, lines: undefined } as const;
  switch (kind) {
    case 'other_event':
      return { ...withoutEffect, body: OTHERS[number % OTHERS.length] ?? '' };
    case 'ping':
      return { ...withoutEffect, body: PING };
    case 'not_json':
      return { ...withoutEffect, body: '{"event_type": ', status: 400 };
    case 'breaks_schema':
      return { ...withoutEffect, body: updateOf({ id: number }), status: 422 };
    default:
      return planUpdate(id, kind, number);
  }
}

function planUpdate(id: string, kind: UpdateKind, number: number): PlannedEvent {
  const incidentId = `01INCIDENT${String(number).padStart(16, '0')}`;
  const leads = leadsOf(kind, number);
  const lines = leads.map(
    ({ email, outcome }) =>
      outcome ?? lineKey('lead_without_role', `${email} is now incident lead for incident id: ${incidentId}`),
  );
  const body = updateOf({
    ...example[INCIDENT_UPDATED],
    id: incidentId,
    incident_status: { category: kind === 'skipped_status' ? ['triage', 'live'][number % 2] : 'learning' },
    incident_role_assignments: leads.map(({ slackId }, index) => ({
      role: { role_type: 'lead' },
      assignee: { id: `01USER${number}X${index}`, ...(slackId !== undefined && { slack_user_id: slackId }) },
    })),
  });
  const isSkipped = kind === 'skipped_status' || kind === 'no_lead';
  return { id, kind, body, status: 204, lines: isSkipped ? [kind] : lines };
}

function updateOf(incident: object): string {
  return JSON.stringify({ event_type: INCIDENT_UPDATED, [INCIDENT_UPDATED]: incident });
}

function leadsOf(kind: UpdateKind, number: number): readonly Lead[] {
  const [plainest, other] = number % 2 === 0 ? [ADA, LISA] : [LISA, ADA];
  const leads: Record<UpdateKind, readonly Lead[]> = {
    one_without_role: [plainest],
    one_with_role: [GRACE],
    two_leads: [plainest, GRACE],
    three_leads: [plainest, NOBODY, other],
    unknown_alaner: [NOBODY],
    no_slack_user: [NO_SLACK],
    no_lead: [],
    skipped_status: [plainest],
    ambiguous_alaner: [plainest, AMBIGUOUS],
  };
  return leads[kind];
}

/** The attribute that marks such a message as `poison` makes. */
export const POISON = 'poison';

const POISONOUS: readonly MessageInput[] = [
  { data: 'no JSON', attributes: { schemaVersion: '1' } },
  { data: '{}', attributes: { schemaVersion: '1' } },
  { data: '{}', attributes: { schemaVersion: '2' } },
  { data: Buffer.of(0xff, 0xfe), attributes: { schemaVersion: '1' } },
  { data: '{}' },
  { attributes: { schemaVersion: '1' } },
];

/** A message from somebody else on the topic, which the subscriber can never process. */
export function poison(number: number): MessageInput {
  const message = POISONOUS[number % POISONOUS.length];
  return { ...message, attributes: { ...message?.attributes, [POISON]: String(number) } };
}
