import type { Delivery, EventLogEntry, FunctionLine } from '../../tools/local/timeline/event-log.ts';
import { toHops } from '../../tools/local/timeline/hop.ts';
import { hopLine } from '../../tools/local/timeline/hop-line.ts';

const AT = '2026-11-23T20:13:46.457Z';

describe('a hop', () => {
  it.each([
    ['not_json', 400],
    ['schema', 422],
  ])('says no more of a verified event than what was verified, before %s stops it', (reason, status) => {
    const hops = toHops(webhookLine({ outcome: 'refused', reason, status }));
    expect(hops.map(({ name, state }) => [name, state])).toEqual([
      ['received', 'done'],
      ['verified', 'done'],
      ['published', 'stopped'],
    ]);
    expect(hops[1]?.text).toBe('signature and age are right');
  });

  it.each<[answer: number | string, acknowledged: boolean, text: string]>([
    [204, true, 'my-team answered 204, attempt 1'],
    ['acknowledged', true, 'acknowledged by my-team, attempt 1'],
    ['refused', false, 'refused by my-team, attempt 1; delivered again after a pause of 10 to 600 s'],
    [
      'deadline exceeded',
      false,
      'not acknowledged in time by my-team, attempt 1; delivered again after a pause of 10 to 600 s',
    ],
    [
      'ECONNREFUSED',
      false,
      'my-team could not be reached (ECONNREFUSED), attempt 1; delivered again after a pause of 10 to 600 s',
    ],
  ])('tells of a delivery that ended with %s', (answer, acknowledged, text) => {
    expect(toHops(delivery({ answer, acknowledged }))).toMatchObject([
      { text, state: acknowledged ? 'done' : 'stopped' },
    ]);
  });

  it.each([
    ['lead_without_role', 'alert', '▶'],
    ['lead_with_role', 'ended', '•'],
    ['skipped_status', 'ended', '•'],
    ['no_slack_user', 'warning', '!'],
    ['unknown_alaner', 'warning', '!'],
    ['database_unavailable', 'stopped', '✗'],
  ])('has a sign for how loud %s is', (outcome, state, mark) => {
    const line = { severity: 'INFO', message: 'M', metadata: { outcome, status: 204 } };
    const [hop] = toHops({ at: AT, source: 'incident-lead', line });
    expect(hop?.state).toBe(state);
    expect(hop && hopLine(hop)).toContain(`decided    ${mark} M`);
  });

  it('warns of an ignored event that the webhook warns of', () => {
    const ignored = { outcome: 'ignored', reason: 'event_type', status: 204 };
    const states = (severity: string) => toHops(webhookLine(ignored, severity)).map(({ state }) => state);
    expect(states('INFO')).toEqual(['done', 'done', 'ended']);
    expect(states('WARNING')).toEqual(['done', 'done', 'warning']);
  });
});

function webhookLine(metadata: FunctionLine['metadata'] & object, severity = 'INFO'): EventLogEntry {
  return { at: AT, source: 'incident-webhook', line: { severity, message: 'M', metadata } };
}

function delivery(own: Pick<Delivery, 'answer' | 'acknowledged'>): EventLogEntry {
  return {
    at: AT,
    source: 'pubsub',
    delivery: {
      type: 'delivered',
      subscription: 'my-team',
      messageId: '1',
      webhookId: 'msg_1',
      incidentId: '01I',
      attempt: 1,
      ...own,
    },
  };
}
