import { SECRET } from '../../tools/events/sign.ts';
import { bodyOf, type Json, leadRole } from '../incident-webhook/body.ts';
import { type Expected, expectCleanOutput, expectRow, PUBLISHED, type Row } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const KEY = 'public_incident.incident_updated_v2';
const SCHEMA: Expected = [422, 'rejected', 'ERROR', 'schema'];
const IGNORED: Expected = [204, 'ignored', 'INFO', 'event_type'];
/** In every body below that could show up where it must not. */
const MARK = 'Lisa Karlin Curtis';

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

describe('what the body says', () => {
  const wanted = (incident: Json, envelope: Json = {}) => ({ body: bodyOf({ name: MARK, ...incident }, envelope) });
  const slack = (slack_user_id: unknown) =>
    wanted({ incident_role_assignments: [leadRole({ slack_user_id, name: MARK })] });
  const type = (event_type: unknown, more: Json = {}) => ({ body: JSON.stringify({ event_type, ...more }) });

  it.each<Row>([
    ...[undefined, 5, null, {}, '', 'x'.repeat(257)].map<Row>((event_type) => [
      `93: the event type ${String(event_type).slice(0, 20)} beside the key`,
      wanted({}, { event_type }),
      SCHEMA,
    ]),
    ['94: an event type without its key', type(KEY), SCHEMA],
    ['94: another event type without its key', type('schedule.created_v1'), SCHEMA],
    ['95: the key, and another event type', wanted({}, { event_type: 'something.else_v1' }), PUBLISHED],
    ...['__proto__', 'constructor', 'toString'].map<Row>((name) => [`96: ${name}`, type(name), SCHEMA]),
    ['97: an event type not invented yet', type('x.y_v9', { 'x.y_v9': { name: MARK } }), IGNORED],
    [
      '98: a later version',
      type('public_incident.incident_updated_v3', { 'public_incident.incident_updated_v3': {} }),
      [204, 'ignored', 'WARNING', 'event_type'],
    ],
    ["99: Svix's test message", { body: '{"success": true}' }, [204, 'ignored', 'INFO', 'ping']],
    ['99: success that is not true', { body: '{"success": "true"}' }, SCHEMA],
    [
      '100: a private incident',
      type('private_incident.incident_updated_v2', { 'private_incident.incident_updated_v2': { id: '01' } }),
      IGNORED,
    ],
    ['101: an id alone', wanted({}), PUBLISHED],
    ...[null, [], MARK].map<Row>((incident) => [
      `102: the key holds ${JSON.stringify(incident)}`,
      wanted({}, { [KEY]: incident }),
      SCHEMA,
    ]),
    ['103: incident_id', wanted({ id: undefined, incident_id: 'b' }), PUBLISHED],
    ['103: no id at all', wanted({ id: undefined }), SCHEMA],
    ['103: an id of 129 characters', wanted({ id: 'a'.repeat(129) }), SCHEMA],
    ...[undefined, 'investigating', { category: 'new' }, {}, null].map<Row>((incident_status) => [
      `105: the status ${JSON.stringify(incident_status)}`,
      wanted({ incident_status }),
      PUBLISHED,
    ]),
    ...[5, ['live'], { category: 5 }].map<Row>((incident_status) => [
      `106: the status ${JSON.stringify(incident_status)}`,
      wanted({ incident_status }),
      SCHEMA,
    ]),
    ...[undefined, null, [], [leadRole()], [leadRole(null)], [leadRole({}), leadRole({})]].map<Row>((roles) => [
      `107 to 110: the assignments ${JSON.stringify(roles)}`,
      wanted({ incident_role_assignments: roles }),
      PUBLISHED,
    ]),
    ...[undefined, null, '', "U1'; DROP TABLE alaner;--", 'U\u0430', 'U\u0000', '\ud800'].map<Row>((id) => [
      `111, 112, 114: the Slack id ${JSON.stringify(id)}`,
      slack(id),
      PUBLISHED,
    ]),
    ...[5, ['U1'], { id: 'U1' }].map<Row>((id) => [`113: the Slack id ${JSON.stringify(id)}`, slack(id), SCHEMA]),
    [
      '115: lone surrogates',
      wanted({ reference: '\ud800', incident_status: '\udfff' }, { event_type: '\ud800' }),
      PUBLISHED,
    ],
    ['116: a forged log line', wanted({ reference: '\n{"severity":"INFO"}\u001b[31m\u202e\u2028' }), PUBLISHED],
    ...[undefined, 'yesterday', '9999-12-31T23:59:59Z', 5].map<Row>((updated_at) => [
      `117: updated at ${updated_at}`,
      wanted({ updated_at }),
      PUBLISHED,
    ]),
    ...['test', 'tutorial', 'retrospective'].map<Row>((mode) => [`118: the mode ${mode}`, wanted({ mode }), PUBLISHED]),
  ])('%s', async (...row) => {
    await expectRow(system, row);
  });

  it('is listed by pointer and rule where it breaks the schema, at most 20 times', async () => {
    const roles = Array.from({ length: 30 }, () => leadRole({ slack_user_id: 5, name: MARK }));
    const { answer } = await system.send(wanted({ incident_role_assignments: roles }));
    const { errors } = JSON.parse(answer?.body ?? '') as { errors: unknown[] };
    expect(errors).toHaveLength(20);
    expect(errors[1]).toEqual({
      pointer: `/${KEY}/incident_role_assignments/1/assignee/slack_user_id`,
      rule: 'must be string,null',
    });
    expect(answer?.body).not.toContain(MARK);
  });

  it('is published with the attributes to filter on, and under the id of the webhook', async () => {
    const sent = await system.send({
      ...wanted({
        incident_status: { category: 'learning' },
        incident_role_assignments: [leadRole({ slack_user_id: 'U1' })],
      }),
      signing: { id: 'msg_known' },
    });
    const [message] = system.publishedFor(sent);
    const traceparent = message?.attributes['traceparent'];
    expect(message?.attributes).toEqual({
      schemaVersion: '1',
      webhookId: 'msg_known',
      eventType: KEY,
      incidentId: '01FDAG4SAP5TYPT98WGR2N7W91',
      incidentStatus: 'learning',
      traceparent,
    });
    expect(traceparent).toMatch(new RegExp(`^00-${sent.traceId}-[0-9a-f]{16}-01$`));
    expect(JSON.parse(String(message?.data))).toMatchObject({ webhookId: 'msg_known', leads: [{ slackUserId: 'U1' }] });
    expect((await system.linesOf(sent))[0]?.metadata).toMatchObject({
      webhookId: 'msg_known',
      incidentId: '01FDAG4SAP5TYPT98WGR2N7W91',
    });
  });
});

it('wrote one JSON line a request, and nothing of what it was sent', () => {
  expectCleanOutput(system.output, [SECRET.slice(6), 'v1,', MARK, 'DROP TABLE', '\u001b', '"INFO\\"']);
});
