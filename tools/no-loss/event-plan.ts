import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { EXAMPLES } from '../events/payload.ts';
import type { MessageInput } from '../services/pubsub/message.ts';
import { pick, type Rng } from './faults.ts';

/** What the sender sends, and what has to come of it. */
export interface PlannedEvent {
  readonly id: string;
  /** What it is about. */
  readonly kind: string;
  readonly body: string;
  /** The answer that ends the sending: 204, or the refusal that every attempt gets. */
  readonly status: 204 | 400 | 422;
  /** The lines of one delivery of its message, as `lineKey` names them; undefined where nothing may be published. */
  readonly lines?: readonly string[];
}

type Plan = Omit<PlannedEvent, 'id' | 'kind'>;

/** A line of the subscriber, reduced to what has to be right about it. */
export function lineKey(outcome: string, message: string): string {
  return outcome === 'lead_without_role' ? `${outcome}: ${message}` : outcome;
}

/** In the incident id of everything that is not authentic; nothing that carries it may have an effect. */
export const FORGED = '01FORGED';

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
/** Without the role; another one for the next number. */
const plainest = (number: number): Lead => (number % 2 === 0 ? ADA : LISA);

/** Kinds of events: their share of all, and the plan of the event with a number. */
const KINDS: Readonly<Record<string, readonly [share: number, plan: (number: number) => Plan]>> = {
  one_with_role: [0.08, (number) => update(number, [GRACE])],
  two_leads: [0.08, (number) => update(number, [plainest(number), GRACE])],
  three_leads: [0.05, (number) => update(number, [plainest(number), NOBODY, plainest(number + 1)])],
  unknown_alaner: [0.05, (number) => update(number, [NOBODY])],
  no_slack_user: [0.05, (number) => update(number, [NO_SLACK])],
  no_lead: [0.05, (number) => ({ ...update(number, []), lines: ['no_lead'] })],
  skipped_status: [0.1, skipped],
  ambiguous_alaner: [0.005, (number) => update(number, [plainest(number), AMBIGUOUS])],
  other_event: [0.06, (number) => ({ body: OTHERS[number % OTHERS.length] ?? '', status: 204 })],
  ping: [0.02, () => ({ body: PING, status: 204 })],
  breaks_schema: [0.005, (number) => ({ body: toBody({ id: number }), status: 422 })],
  not_json: [0.005, () => ({ body: '{"event_type": ', status: 400 })],
};

/** The event with this number, always the same for one seed. */
export function planEvent(number: number, rng: Rng): PlannedEvent {
  const id = `msg_${String(number).padStart(8, '0')}`;
  const kind = pick(rng(`${id}/kind`), KINDS) ?? 'one_without_role';
  const plan = KINDS[kind]?.[1](number) ?? update(number, [plainest(number)]);
  return { id, kind, ...plan };
}

function skipped(number: number): Plan {
  const category = number % 2 === 0 ? 'triage' : 'live';
  return { ...update(number, [plainest(number)], category), lines: ['skipped_status'] };
}

function update(number: number, leads: readonly Lead[], category = 'learning'): Plan {
  const incidentId = `01INCIDENT${String(number).padStart(16, '0')}`;
  const body = toBody({
    ...example[INCIDENT_UPDATED],
    id: incidentId,
    incident_status: { category },
    // JSON leaves out a Slack id that there is not.
    incident_role_assignments: leads.map(({ slackId }, index) => ({
      role: { role_type: 'lead' },
      assignee: { id: `01USER${number}X${index}`, slack_user_id: slackId },
    })),
  });
  const withoutRole = (email?: string): string =>
    lineKey('lead_without_role', `${email} is now incident lead for incident id: ${incidentId}`);
  return { body, status: 204, lines: leads.map(({ email, outcome }) => outcome ?? withoutRole(email)) };
}

function toBody(incident: object): string {
  return JSON.stringify({ event_type: INCIDENT_UPDATED, [INCIDENT_UPDATED]: incident });
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
