import { readIncident } from '../../functions/incident-webhook/incident.ts';
import type { IncidentEvent } from '../../shared/incident-event.ts';
import { bodyOf, leadRole } from './body.ts';

function eventOf(text: string): IncidentEvent {
  const event = readIncident(text, { webhookId: 'msg_1', receivedAt: new Date() });
  if (typeof event === 'string') throw new Error(`it was read as ${event}`);
  return event;
}

const leadsOf = (...assignments: unknown[]) => eventOf(bodyOf({ incident_role_assignments: assignments })).leads;

describe('the leads', () => {
  const LISA = { id: '01LISA', slack_user_id: 'U02AYNF2XJM', name: 'Lisa', email: 'lisa@example.com' };
  it.each<[string, unknown[], unknown]>([
    ['nobody', [], []],
    ['one', [leadRole(LISA)], [{ incidentIoUserId: '01LISA', slackUserId: 'U02AYNF2XJM' }]],
    [
      'two, in their order',
      [leadRole({ id: 'b', slack_user_id: 'U2' }), leadRole({ id: 'a', slack_user_id: 'U1' })],
      [
        { incidentIoUserId: 'b', slackUserId: 'U2' },
        { incidentIoUserId: 'a', slackUserId: 'U1' },
      ],
    ],
    [
      'the same person twice',
      [leadRole(LISA), leadRole(LISA)],
      [
        { incidentIoUserId: '01LISA', slackUserId: 'U02AYNF2XJM' },
        { incidentIoUserId: '01LISA', slackUserId: 'U02AYNF2XJM' },
      ],
    ],
    ['no assignee', [leadRole()], []],
    ['an assignee of null', [leadRole(null)], []],
    ['an assignee without anything', [leadRole({})], [{ incidentIoUserId: null, slackUserId: null }]],
    [
      'no Slack id, as without Slack',
      [leadRole({ id: '01LISA' })],
      [{ incidentIoUserId: '01LISA', slackUserId: null }],
    ],
    [
      'an id of another type',
      [leadRole({ id: 7, slack_user_id: 'U1' })],
      [{ incidentIoUserId: null, slackUserId: 'U1' }],
    ],
    ['another role', [{ role: { role_type: 'reporter' }, assignee: LISA }], []],
    ['a role named lead that is none', [{ role: { role_type: 'custom', name: 'Lead' }, assignee: LISA }], []],
    ['a role type in capitals', [{ role: { role_type: 'LEAD' }, assignee: LISA }], []],
    ['an entry without role', [{ assignee: LISA }], []],
    ['a role of null', [{ role: null, assignee: LISA }], []],
    ['a role without type', [{ role: {}, assignee: LISA }], []],
    ['a role type of null', [{ role: { role_type: null }, assignee: LISA }], []],
    ['an odd Slack id of somebody else', [{ role: { role_type: 'custom' }, assignee: { slack_user_id: 5 } }], []],
  ])('are read: %s', (_name, assignments, expected) => {
    expect(leadsOf(...assignments)).toEqual(expected);
  });

  it.each([undefined, null])('are none where the assignments are %s', (incident_role_assignments) => {
    expect(eventOf(bodyOf({ incident_role_assignments })).leads).toEqual([]);
  });

  it.each([
    ['64 letters and digits', 'U'.repeat(64), 'U'.repeat(64)],
    ['lower case', 'u1', 'u1'],
    ['65 letters', 'U'.repeat(65), null],
    ['null', null, null],
    ['empty', '', null],
    ['SQL', "U1'; DROP TABLE alaner;--", null],
    ['a space', 'U1 ', null],
    ['a newline at the end', 'U1\n', null],
    ['a Cyrillic look-alike', 'U02АYNF2XJM', null],
    ['a NUL', 'U1\u0000', null],
    ['a lone surrogate', 'U1\ud800', null],
    ['an e-mail address', 'lisa@example.com', null],
  ])('have a Slack id, or none where it is malformed: %s', (_name, slack_user_id, expected) => {
    expect(leadsOf(leadRole({ slack_user_id }))).toEqual([{ incidentIoUserId: null, slackUserId: expected }]);
  });

  it('have an incident.io id of at most 128 characters', () => {
    expect(
      leadsOf(leadRole({ id: 'i'.repeat(128) }), leadRole({ id: 'i'.repeat(129) }), leadRole({ id: 'é' })),
    ).toEqual([
      { incidentIoUserId: 'i'.repeat(128), slackUserId: null },
      { incidentIoUserId: null, slackUserId: null },
      { incidentIoUserId: null, slackUserId: null },
    ]);
  });
});
