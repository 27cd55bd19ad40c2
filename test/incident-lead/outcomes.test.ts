import pg from 'pg';
import { ADA, GRACE, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { type Answered, type LeadProcess, startLead } from '../support/lead-process.ts';

let postgres: LocalPostgres;
let lead: LeadProcess;
let next = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  const owner = new pg.Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  await owner.query(`insert into alaner (email, slack_id) values
    ('first@example.com', 'UTWICE'), ('second@example.com', 'UTWICE')`);
  await owner.end();
  lead = await startLead({ DATABASE_URL: postgres.readerUrl, LOG_LEVEL: 'debug' });
});

afterAll(async () => {
  await lead?.stop();
  await postgres?.stop();
});

/** A message id that no other test uses. */
function newMessageId(): string {
  next += 1;
  return String(5_000 + next);
}

function slack(slackUserId: string | null, incidentIoUserId: string | null = '01USER'): typeof ADA {
  return { slackUserId, incidentIoUserId };
}

const outcomes = ({ lines }: Answered) => lines.map(({ severity, metadata }) => [metadata['outcome'], severity]);

describe('a message with an event', () => {
  it.each<[string, Parameters<typeof incidentEvent>[0], number, [string, string][]]>([
    ['status triage', { status: 'triage' }, 204, [['skipped_status', 'DEBUG']]],
    ['status live', { status: 'live' }, 204, [['skipped_status', 'DEBUG']]],
    ['status live, without leads', { status: 'live', leads: [] }, 204, [['skipped_status', 'DEBUG']]],
    ['status declined', { status: 'declined' }, 204, [['lead_without_role', 'INFO']]],
    ['status merged', { status: 'merged' }, 204, [['lead_without_role', 'INFO']]],
    ['status canceled', { status: 'canceled' }, 204, [['lead_without_role', 'INFO']]],
    ['status learning', { status: 'learning' }, 204, [['lead_without_role', 'INFO']]],
    ['status closed', { status: 'closed' }, 204, [['lead_without_role', 'INFO']]],
    ['status paused', { status: 'paused' }, 204, [['lead_without_role', 'INFO']]],
    ['a status that is new', { status: 'hibernating' }, 204, [['lead_without_role', 'INFO']]],
    ['status Live, as nobody writes it', { status: 'Live' }, 204, [['lead_without_role', 'INFO']]],
    ['no status', { status: null }, 204, [['lead_without_role', 'INFO']]],
    ['no lead', { leads: [] }, 204, [['no_lead', 'DEBUG']]],
    ['a lead without Slack id', { leads: [slack(null)] }, 204, [['no_slack_user', 'WARNING']]],
    ['a lead without any id', { leads: [slack(null, null)] }, 204, [['no_slack_user', 'WARNING']]],
    ['a lead whom nobody knows', { leads: [slack('UNOBODY')] }, 204, [['unknown_alaner', 'WARNING']]],
    ['a lead with the role', { leads: [GRACE] }, 204, [['lead_with_role', 'DEBUG']]],
    ['two alaners with one Slack id', { leads: [slack('UTWICE')] }, 500, [['ambiguous_alaner', 'ERROR']]],
    [
      'several leads',
      { leads: [ADA, GRACE, slack('UNOBODY'), slack(null)] },
      204,
      [
        ['lead_without_role', 'INFO'],
        ['lead_with_role', 'DEBUG'],
        ['unknown_alaner', 'WARNING'],
        ['no_slack_user', 'WARNING'],
      ],
    ],
    [
      'several leads, one of them ambiguous',
      { leads: [ADA, slack('UTWICE'), GRACE] },
      500,
      [
        ['lead_without_role', 'INFO'],
        ['ambiguous_alaner', 'ERROR'],
        ['lead_with_role', 'DEBUG'],
      ],
    ],
    [
      'the same lead twice',
      { leads: [ADA, ADA] },
      204,
      [
        ['lead_without_role', 'INFO'],
        ['lead_without_role', 'INFO'],
      ],
    ],
  ])('%s', async (_, changes, status, expected) => {
    const answered = await lead.send(pushBody(incidentEvent(changes), { messageId: newMessageId() }));
    expect(answered.status).toBe(status);
    expect(outcomes(answered)).toEqual(expected);
    for (const { metadata } of answered.lines)
      expect(metadata).toMatchObject({ status, webhookId: 'msg_1', incidentId: '01INCIDENT' });
  });

  it.each([
    ['/'],
    ['/projects/alan-eu-tools/topics/incident-events?__GCP_CloudEventsMode=CUSTOM_PUBSUB'],
    ['/robots.txt'],
    ['/favicon.ico'],
    ['/%zz'],
  ])('is taken at any path: %s', async (path) => {
    const answered = await lead.send(pushBody(incidentEvent(), { messageId: newMessageId() }), { path });
    expect(answered.status).toBe(204);
    expect(outcomes(answered)).toEqual([['lead_without_role', 'INFO']]);
  });

  it.each([
    ['text/plain', {}],
    ['application/cloudevents+json', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/json; charset=iso-8859-1', {}],
    [';;;', {}],
    ['application/json', { 'content-encoding': 'identity' }],
  ])('is taken whatever its type is called: %s', async (type, headers) => {
    const answered = await lead.send(pushBody(incidentEvent(), { messageId: newMessageId() }), {
      headers: { 'content-type': type, ...headers },
    });
    expect(answered.status).toBe(204);
  });

  it('is taken at 10 MB, the most that Pub/Sub carries', async () => {
    const envelope = JSON.parse(pushBody(incidentEvent({ status: 'live' }), { messageId: newMessageId() }));
    const answered = await lead.send(JSON.stringify({ padding: 'x'.repeat(13_500_000), ...envelope }));
    expect(answered.status).toBe(204);
  });
});

it('has written nothing to stderr all the while', () => {
  expect(lead.errors).toEqual([]);
});
