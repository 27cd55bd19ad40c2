import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pick, type Rng } from './rng.ts';

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

/** Slack ids of two alaners each; the subscriber cannot tell them apart. */
export const AMBIGUOUS_SLACK_ID = 'U09TWINS';
/** The alaners a run needs beside the samples. */
export const TWINS = `
  insert into alaner (id, email, slack_id) values
    ('00000000-0000-4000-8000-0000000000a1', 'twin-one@example.com', '${AMBIGUOUS_SLACK_ID}'),
    ('00000000-0000-4000-8000-0000000000a2', 'twin-two@example.com', '${AMBIGUOUS_SLACK_ID}')
  on conflict (id) do nothing`;

const UPDATED = 'public_incident.incident_updated_v2';
const PAYLOADS = join(import.meta.dirname, '..', '..', 'schemas', 'examples');
const example = JSON.parse(read(`official-2026-08/${UPDATED}.json`)) as { [UPDATED]: Record<string, unknown> };
const OTHERS = ['public_incident.incident_created_v2', 'private_incident.incident_updated_v2'].map((type) =>
  read(`official-2026-08/${type}.json`),
);
const PING = read('svix-ping.json');

const ADA = { slackId: 'U01LEAD', email: 'ada@example.com' };
const LISA = { slackId: 'U02AYNF2XJM', email: 'lisa@example.com' };
const GRACE = { slackId: 'U02MANAGER', email: undefined };
const NOBODY = { slackId: 'U0NOBODY', email: undefined };
const TWIN = { slackId: AMBIGUOUS_SLACK_ID, email: undefined };
const NO_SLACK = { slackId: undefined, email: undefined };

/** The event with this number, always the same for one seed. */
export function planEvent(number: number, rng: Rng): PlannedEvent {
  const id = `msg_${String(number).padStart(8, '0')}`;
  const kind = pick(rng(`${id}/kind`), SHARES) ?? 'one_without_role';
  const plain = (body: string, status: PlannedEvent['status']): PlannedEvent => ({
    id,
    kind,
    body,
    status,
    lines: undefined,
  });
  switch (kind) {
    case 'other_event':
      return plain(OTHERS[number % OTHERS.length] ?? '', 204);
    case 'ping':
      return plain(PING, 204);
    case 'not_json':
      return plain('{"event_type": ', 400);
    case 'breaks_schema':
      return plain(JSON.stringify({ event_type: UPDATED, [UPDATED]: { id: number } }), 422);
    default:
      return update(id, kind, number);
  }
}

function update(id: string, kind: Kind, number: number): PlannedEvent {
  const incidentId = `01INCIDENT${String(number).padStart(16, '0')}`;
  const line = ({ email }: { email: string | undefined }): string =>
    lineKey('lead_without_role', `${email} is now incident lead for incident id: ${incidentId}`);
  const [plainest, other] = number % 2 === 0 ? [ADA, LISA] : [LISA, ADA];
  const table = {
    one_with_role: [[GRACE], ['lead_with_role']],
    two_leads: [
      [plainest, GRACE],
      [line(plainest), 'lead_with_role'],
    ],
    three_leads: [
      [plainest, NOBODY, other],
      [line(plainest), 'unknown_alaner', line(other)],
    ],
    unknown_alaner: [[NOBODY], ['unknown_alaner']],
    no_slack_user: [[NO_SLACK], ['no_slack_user']],
    no_lead: [[], ['no_lead']],
    skipped_status: [[plainest], ['skipped_status']],
    ambiguous_alaner: [
      [plainest, TWIN],
      [line(plainest), 'ambiguous_alaner'],
    ],
    one_without_role: [[plainest], [line(plainest)]],
  } as const satisfies Partial<Record<Kind, readonly [readonly { slackId: string | undefined }[], readonly string[]]>>;
  const [leads, lines] = table[kind as keyof typeof table];
  const status = kind === 'skipped_status' ? ['triage', 'live'][number % 2] : 'learning';
  const body = JSON.stringify({
    event_type: UPDATED,
    [UPDATED]: {
      ...example[UPDATED],
      id: incidentId,
      incident_status: { category: status },
      incident_role_assignments: leads.map(({ slackId }, index) => ({
        role: { role_type: 'lead' },
        assignee: { id: `01USER${number}X${index}`, ...(slackId !== undefined && { slack_user_id: slackId }) },
      })),
    },
  });
  return { id, kind, body, status: 204, lines };
}

function read(file: string): string {
  return readFileSync(join(PAYLOADS, file), 'utf8');
}
