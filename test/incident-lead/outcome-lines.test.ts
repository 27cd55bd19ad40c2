import type { Assessment } from '../../functions/incident-lead/assess.ts';
import { type Context, leadLine, type MessageOutcome, messageLine } from '../../functions/incident-lead/outcomes.ts';
import { ADA, incidentEvent } from '../../tools/events/push.ts';

const HOUR = 3_600_000;
const TRACE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
const OTHER_TRACE = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: false };

function context(changes: Partial<Context> = {}): Context {
  const delivery = { messageId: '77', deliveryAttempt: 3, trace: TRACE };
  return { delivery, requestTrace: OTHER_TRACE, startedAt: performance.now(), status: 204, ...changes };
}

const WITHOUT_ROLE: Assessment = { outcome: 'lead_without_role', email: 'ada@example.com' };

describe('the line for a lead without the role', () => {
  it('says exactly this', () => {
    const receivedAt = new Date(Date.now() - HOUR).toISOString();
    expect(leadLine(context(), incidentEvent({ receivedAt }), ADA, WITHOUT_ROLE)).toEqual({
      level: 'info',
      always: true,
      message: 'ada@example.com is now incident lead for incident id: 01INCIDENT',
      metadata: {
        outcome: 'lead_without_role',
        status: 204,
        webhookId: 'msg_1',
        incidentId: '01INCIDENT',
        updatedAt: '2026-08-01T10:00:00Z',
        messageId: '77',
        deliveryAttempt: 3,
        durationMs: expect.any(Number),
      },
      trace: TRACE,
      insertId: 'FWDuB98jK-P8gXDLiljQcrH2Z8unu4nbAwrBGSO77NY',
      timestamp: new Date(receivedAt),
    });
  });

  it.each([
    ['a minute less than 23 h old', -23 * HOUR + 60_000, true],
    ['a minute more than 23 h old', -23 * HOUR - 60_000, false],
    ['days old, redriven', -7 * 24 * HOUR, false],
    ['a minute ahead', 60_000, true],
    ['a day and more ahead', 25 * HOUR, false],
  ])('has the time of an event that is %s: %#', (_, distance, kept) => {
    const receivedAt = new Date(Date.now() + distance).toISOString();
    const { timestamp } = leadLine(context(), incidentEvent({ receivedAt }), ADA, WITHOUT_ROLE);
    expect(timestamp).toEqual(kept ? new Date(receivedAt) : null);
  });

  it('has no time where the schema takes one that is not on the calendar', () => {
    const event = incidentEvent({ receivedAt: '2026-08-01T10:00:60Z' });
    expect(leadLine(context(), event, ADA, WITHOUT_ROLE).timestamp).toBeNull();
  });

  it('has an insert id that is the same for every delivery, and another for each webhook and lead', () => {
    const id = (webhookId: string, incidentIoUserId: string | null, slackUserId: string, attempt = 1) =>
      leadLine(
        context({ delivery: { messageId: String(attempt), deliveryAttempt: attempt, trace: undefined } }),
        incidentEvent({ webhookId }),
        { incidentIoUserId, slackUserId },
        WITHOUT_ROLE,
      ).insertId;
    expect(id('msg_1', '01A', 'U1', 1)).toBe(id('msg_1', '01A', 'U1', 2));
    expect(id('msg_1', '01A', 'U1')).toBe(id('msg_1', '01A', 'U2'));
    const others = [
      id('msg_1', '01A', 'U1'),
      id('msg_2', '01A', 'U1'),
      id('msg_1', '01B', 'U1'),
      id('msg_1', null, 'U1'),
    ];
    expect(new Set(others).size).toBe(4);
    expect(id('msg_1', null, 'U1')).not.toBe(id('msg_1', null, 'U2'));
    for (const one of others) expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('the lines for other leads', () => {
  it.each<[Exclude<Assessment['outcome'], 'lead_without_role'>, string, string]>([
    ['no_slack_user', 'warn', 'The incident lead has no Slack user: incident 01INCIDENT, incident.io user 01A.'],
    ['unknown_alaner', 'warn', 'No alaner has the Slack id of the incident lead: incident 01INCIDENT, Slack user U1.'],
    ['lead_with_role', 'debug', 'The incident lead holds the role: incident 01INCIDENT, Slack user U1.'],
    [
      'ambiguous_alaner',
      'error',
      'Several alaners have the Slack id of the incident lead; correct the directory, then redrive the message: incident 01INCIDENT, Slack user U1.',
    ],
  ])('%s', (outcome, level, message) => {
    const lead = { incidentIoUserId: '01A', slackUserId: outcome === 'no_slack_user' ? null : 'U1' };
    const line = leadLine(context(), incidentEvent(), lead, { outcome });
    expect(line).toMatchObject({ level, message, metadata: { outcome, status: 204 }, trace: TRACE });
    expect(line).not.toHaveProperty('insertId');
    expect(line).not.toHaveProperty('always');
  });
});

describe('the lines for a message', () => {
  it.each<[MessageOutcome, string]>([
    ['skipped_status', 'debug'],
    ['no_lead', 'debug'],
    ['invalid_message', 'error'],
    ['database_unavailable', 'error'],
    ['failed', 'error'],
  ])('%s', (outcome, level) => {
    const line = messageLine(context({ status: 503 }), incidentEvent(), outcome, { message: 'Words.', reason: 'why' });
    expect(line).toMatchObject({ level, message: 'Words.', metadata: { outcome, reason: 'why', status: 503 } });
  });

  it('takes the trace of the request where the message has none', () => {
    const delivery = { messageId: '77', deliveryAttempt: undefined, trace: undefined };
    const line = messageLine(context({ delivery }), undefined, 'invalid_message', { message: 'Words.' });
    expect(line.trace).toEqual(OTHER_TRACE);
    expect(line.metadata).toMatchObject({ webhookId: undefined, incidentId: undefined, updatedAt: undefined });
  });
});
