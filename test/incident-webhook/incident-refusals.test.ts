import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { Refusal } from '../../functions/incident-webhook/outcomes.ts';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { bodyOf, type Json, leadRole } from './body.ts';

const AT = `/${INCIDENT_UPDATED}`;
const ROLES = `${AT}/incident_role_assignments`;

function refusalOf(text: string): Refusal {
  try {
    readIncident(text, { webhookId: 'msg_1', receivedAt: new Date() });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const rulesOf = (text: string): string[] => refusalOf(text).errors.map(({ pointer, rule }) => `${pointer} ${rule}`);

it.each([
  ['an empty body', ''],
  ['a cut-off body', bodyOf().slice(0, -1)],
  ['a trailing comma', '{"success":true,}'],
  ['NaN', '{"success":NaN}'],
  ['single quotes', "{'success':true}"],
  ['text after the end', '{"success":true} x'],
  ['a byte order mark', '\ufeff{"success":true}'],
  ['a NUL', '{"success":true}\u0000'],
  ['a comment', '{"success":true}//'],
])('refuses what is not JSON, and does not quote it: %s', (_name, text) => {
  const refusal = refusalOf(text);
  expect(refusal.reason).toBe('not_json');
  expect(refusal.cause).toBeUndefined();
  expect(refusal.detail).toBeUndefined();
});

it.each<[string, string, string[]]>([
  ['null', 'null', [' must be object']],
  ['a number', '1', [' must be object']],
  ['a string', '"x"', [' must be object']],
  ['an array', '[]', [' must be object']],
  [
    'an empty object',
    '{}',
    [" must have required property 'event_type'", ` must have required property '${INCIDENT_UPDATED}'`],
  ],
  ['success that is not true', '{"success":1,"event_type":"x"}', [' must have the property that event_type names']],
  ['no event type', bodyOf({}, { event_type: undefined }), [" must have required property 'event_type'"]],
  ['an event type of null', bodyOf({}, { event_type: null }), ['/event_type must be string']],
  ['an event type that is a number', bodyOf({}, { event_type: 2 }), ['/event_type must be string']],
  ['an event type that is an object', bodyOf({}, { event_type: {} }), ['/event_type must be string']],
  ['an empty event type', bodyOf({}, { event_type: '' }), ['/event_type must NOT have fewer than 1 characters']],
  [
    'an event type of 257 characters',
    bodyOf({}, { event_type: 'x'.repeat(257) }),
    ['/event_type must NOT have more than 256 characters'],
  ],
  [
    'a test message with an event type of null',
    '{"success":true,"event_type":null}',
    [` must have required property '${INCIDENT_UPDATED}'`, '/event_type must be string'],
  ],
  [
    'our event type without its key',
    JSON.stringify({ event_type: INCIDENT_UPDATED }),
    [` must have required property '${INCIDENT_UPDATED}'`],
  ],
  ['an event type without its key', '{"event_type":"x"}', [' must have the property that event_type names']],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map<[string, string, string[]]>((name) => [
    `an event type that every object inherits: ${name}`,
    JSON.stringify({ event_type: name }),
    [' must have the property that event_type names'],
  ]),
  ...[null, [], 'x', 5, true].map<[string, string, string[]]>((value) => [
    `an incident that is ${JSON.stringify(value)}`,
    bodyOf({}, { [INCIDENT_UPDATED]: value }),
    [`${AT} must be object`],
  ]),
])('refuses a body: %s', (_name, text, expected) => {
  expect(refusalOf(text).reason).toBe('schema');
  expect(rulesOf(text)).toEqual(expected);
});

it.each<[string, Json, string]>([
  ['no id', { id: undefined }, `${AT} must have required property 'incident_id'`],
  ['ids of null', { id: null, incident_id: null }, `${AT}/incident_id must be string`],
  ['an id that is a number', { id: 5, incident_id: 'b' }, `${AT}/id must be string`],
  ['an empty id', { id: '', incident_id: 'b' }, `${AT}/id must match pattern "^[\\x20-\\x7e]{1,128}$"`],
  ['an id of 129 characters', { id: 'a'.repeat(129) }, `${AT}/id must match pattern "^[\\x20-\\x7e]{1,128}$"`],
  ['an id beyond ASCII', { id: 'é' }, `${AT}/id must match pattern "^[\\x20-\\x7e]{1,128}$"`],
  ['an id with a newline', { id: 'a\n' }, `${AT}/id must match pattern "^[\\x20-\\x7e]{1,128}$"`],
  ['an incident_id that is a number', { id: null, incident_id: 1 }, `${AT}/incident_id must be string`],
  ['a status that is a number', { incident_status: 1 }, `${AT}/incident_status must be object,string,null`],
  ['a status that is an array', { incident_status: ['live'] }, `${AT}/incident_status must be object,string,null`],
  ['a status that is true', { incident_status: true }, `${AT}/incident_status must be object,string,null`],
  [
    'a category that is a number',
    { incident_status: { category: 1 } },
    `${AT}/incident_status/category must be string,null`,
  ],
  ['assignments that are an object', { incident_role_assignments: {} }, `${ROLES} must be array,null`],
  ['an assignment that is a string', { incident_role_assignments: ['lead'] }, `${ROLES}/0 must be object`],
  ['an assignment that is null', { incident_role_assignments: [{}, null] }, `${ROLES}/1 must be object`],
  ['a role that is a string', { incident_role_assignments: [{ role: 'lead' }] }, `${ROLES}/0/role must be object,null`],
  [
    'a role type that is a number',
    { incident_role_assignments: [{ role: { role_type: 1 } }] },
    `${ROLES}/0/role/role_type must be string,null`,
  ],
  [
    'an assignee that is a string',
    { incident_role_assignments: [leadRole('lisa')] },
    `${ROLES}/0/assignee must be object,null`,
  ],
  ...[5, ['U1'], { id: 'U1' }, true].map<[string, Json, string]>((slack_user_id) => [
    `a Slack id that is ${JSON.stringify(slack_user_id)}`,
    { incident_role_assignments: [leadRole({ slack_user_id: 'U1' }), leadRole({ slack_user_id })] },
    `${ROLES}/1/assignee/slack_user_id must be string,null`,
  ]),
])('refuses an incident: %s', (_name, incident, expected) => {
  expect(refusalOf(bodyOf(incident)).reason).toBe('schema');
  expect(rulesOf(bodyOf(incident))).toEqual([expected]);
});

it('lists the first 20 errors, by pointer and rule', () => {
  const rules = rulesOf(bodyOf({ id: 5, incident_role_assignments: Array.from({ length: 100 }, () => 'x') }));
  expect(rules).toHaveLength(20);
  expect(new Set(rules).size).toBe(20);
});

it('finds the one error that comes after a thousand good assignments', () => {
  const assignments: unknown[] = Array.from({ length: 5_000 }, () => ({}));
  expect(rulesOf(bodyOf({ incident_role_assignments: [...assignments, 5] }))).toEqual([`${ROLES}/5000 must be object`]);
});

it('lists errors wherever they are among many good assignments', () => {
  const assignments = Array.from({ length: 5_000 }, (_, index) => (index % 1_500 === 999 ? { role: 5 } : {}));
  expect(rulesOf(bodyOf({ id: 5, incident_role_assignments: assignments }))).toEqual([
    `${AT}/id must be string`,
    ...[999, 2_499, 3_999].map((index) => `${ROLES}/${index}/role must be object,null`),
  ]);
});

it('keeps the work on half a million errors within bounds', () => {
  const text = bodyOf({ incident_role_assignments: Array.from({ length: 500_000 }, () => 0) });
  const before = process.memoryUsage().heapUsed;
  const { errors } = refusalOf(text);
  expect(errors).toHaveLength(20);
  // Half a million errors took about 200 MB; the parsed array takes 4.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
});
