import { assess, SKIPPED_STATUSES } from '../../functions/incident-lead/assess.ts';
import type { Alaner } from '../../functions/incident-lead/directory.ts';

const ROLE = 'AlanToolsBackendIamManager';

function alaner(slackId: string, roles: string[] = []): Alaner {
  return { slackId, email: `${slackId}@example.com`, roles };
}

describe('assess', () => {
  it.each<[string, string | null, Alaner[], object]>([
    ['no Slack id', null, [alaner('U1')], { outcome: 'no_slack_user' }],
    ['nobody at all', 'U1', [], { outcome: 'unknown_alaner' }],
    ['nobody with that Slack id', 'U1', [alaner('U2', [ROLE])], { outcome: 'unknown_alaner' }],
    ['a Slack id in other letters', 'u1', [alaner('U1')], { outcome: 'unknown_alaner' }],
    ['the role alone', 'U1', [alaner('U1', [ROLE])], { outcome: 'lead_with_role' }],
    ['the role among others', 'U1', [alaner('U1', ['Admin', ROLE])], { outcome: 'lead_with_role' }],
    ['no role', 'U1', [alaner('U1')], { outcome: 'lead_without_role', email: 'U1@example.com' }],
    ['another role', 'U1', [alaner('U1', ['Admin'])], { outcome: 'lead_without_role', email: 'U1@example.com' }],
    [
      'the role in other letters',
      'U1',
      [alaner('U1', [ROLE.toLowerCase(), `${ROLE}s`, ` ${ROLE}`])],
      { outcome: 'lead_without_role', email: 'U1@example.com' },
    ],
    [
      "another alaner's role",
      'U1',
      [alaner('U2', [ROLE]), alaner('U1')],
      { outcome: 'lead_without_role', email: 'U1@example.com' },
    ],
    ['two alaners', 'U1', [alaner('U1'), alaner('U1')], { outcome: 'ambiguous_alaner' }],
    ['two alaners, one with the role', 'U1', [alaner('U1', [ROLE]), alaner('U1')], { outcome: 'ambiguous_alaner' }],
    [
      'two alaners of another Slack id',
      'U1',
      [alaner('U2'), alaner('U2'), alaner('U1', [ROLE])],
      { outcome: 'lead_with_role' },
    ],
  ])('%s', (_, slackUserId, alaners, expected) => {
    expect(
      assess(
        { incidentIoUserId: '01', slackUserId },
        Map.groupBy(alaners, ({ slackId }) => slackId),
      ),
    ).toEqual(expected);
  });

  it('skips triage and live alone', () => {
    expect([...SKIPPED_STATUSES]).toEqual(['triage', 'live']);
  });
});
