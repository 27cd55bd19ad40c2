import type { Assessment } from '../../functions/incident-lead/assess.ts';
import {
  answerLeads,
  answerMessage,
  type Context,
  type MessageOutcome,
} from '../../functions/incident-lead/outcomes.ts';
import type { IncidentEvent, Lead } from '../../shared/incident-event.ts';
import type { LogLine } from '../../shared/log-line.ts';
import { ADA, incidentEvent } from '../../tools/events/push.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TRACE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };

function context(changes: Partial<Context> = {}): Context {
  const delivery = { messageId: '77', deliveryAttempt: 3, trace: TRACE };
  return { delivery, event: incidentEvent(), now: Date.now(), ...changes };
}

/** The line of a message with one lead. */
function leadLine(given: Context, event: IncidentEvent, lead: Lead, assessment: Assessment): LogLine {
  const [line] = answerLeads({ ...given, event }, event, [{ lead, assessment }]).lines;
  if (line === undefined) throw new Error('there is no line');
  return line;
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
        webhookId: 'msg_1',
        incidentId: '01INCIDENT',
        updatedAt: '2026-08-01T10:00:00Z',
        messageId: '77',
        deliveryAttempt: 3,
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
    ['nine minutes ahead', 9 * MINUTE, true],
    ['eleven minutes ahead', 11 * MINUTE, false],
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
    expect(line).toMatchObject({ level, message, metadata: { outcome }, trace: TRACE });
    expect(line).not.toHaveProperty('insertId');
    expect(line).not.toHaveProperty('always');
  });
});

it('answers 500 for a message of which one lead is ambiguous', () => {
  const leads = (['lead_with_role', 'ambiguous_alaner', 'unknown_alaner'] as const).map((outcome) => ({
    lead: ADA,
    assessment: { outcome },
  }));
  expect(answerLeads(context(), incidentEvent(), leads)).toMatchObject({ status: 500, lines: [{}, {}, {}] });
});

describe('the answer to a message as a whole', () => {
  it.each<[MessageOutcome, number, string]>([
    ['skipped_status', 204, 'debug'],
    ['no_lead', 204, 'debug'],
    ['invalid_message', 400, 'error'],
    ['database_unavailable', 503, 'error'],
    ['failed', 500, 'error'],
  ])('%s', (outcome, status, level) => {
    const { lines, ...answer } = answerMessage(context(), outcome, { detail: 'words', reason: 'why' });
    expect(answer).toEqual({ status });
    expect(lines).toMatchObject([
      {
        level,
        message: expect.stringMatching(/^[A-Z].*: words\.$/),
        metadata: { outcome, reason: 'why' },
        trace: TRACE,
      },
    ]);
  });

  it('leaves the trace to the request where the message has none', () => {
    const delivery = { messageId: '77', deliveryAttempt: undefined, trace: undefined };
    const [line] = answerMessage(context({ delivery, event: undefined }), 'invalid_message').lines;
    expect(line?.trace).toBeUndefined();
    expect(line?.metadata).toMatchObject({ webhookId: undefined, incidentId: undefined, updatedAt: undefined });
  });
});
