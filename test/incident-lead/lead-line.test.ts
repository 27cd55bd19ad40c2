import pg from 'pg';
import { ADA, GRACE, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { type LeadProcess, newTraceId, startLead } from '../support/lead-process.ts';

let postgres: LocalPostgres;
let lead: LeadProcess;
let next = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  const owner = new pg.Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  await owner.query(`insert into alaner (email, slack_id) values
    ('first@example.com', 'UTWICE'), ('second@example.com', 'UTWICE'), ('"o''brien"\n@example.com', 'UODD')`);
  await owner.end();
  // The quietest level: the line is written all the same.
  lead = await startLead({ DATABASE_URL: postgres.readerUrl, LOG_LEVEL: 'error' });
});

afterAll(async () => {
  await lead?.stop();
  await postgres?.stop();
});

/** A message id that no other test uses. */
function newMessageId(): string {
  next += 1;
  return String(7_000 + next);
}

describe('the line for a lead without the role', () => {
  it('writes exactly the line that is asked for', async () => {
    const receivedAt = new Date(Date.now() - 60_000).toISOString();
    const messageId = newMessageId();
    const traceId = newTraceId();
    const attributes = { schemaVersion: '1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const body = pushBody(incidentEvent({ receivedAt }), { messageId, deliveryAttempt: 4, attributes });
    const { status, body: answer, lines } = await lead.send(body);
    expect({ status, answer }).toEqual({ status: 204, answer: '' });
    expect(lines).toEqual([
      {
        severity: 'INFO',
        message: 'ada@example.com is now incident lead for incident id: 01INCIDENT',
        timestamp: expect.anything(),
        'logging.googleapis.com/insertId': 'FWDuB98jK-P8gXDLiljQcrH2Z8unu4nbAwrBGSO77NY',
        'logging.googleapis.com/trace': `projects/alan-eu-tools/traces/${traceId}`,
        'logging.googleapis.com/spanId': '00f067aa0ba902b7',
        'logging.googleapis.com/trace_sampled': true,
        logName: 'projects/alan-eu-tools/logs/winston_log',
        metadata: {
          outcome: 'lead_without_role',
          status: 204,
          webhookId: 'msg_1',
          incidentId: '01INCIDENT',
          updatedAt: '2026-08-01T10:00:00Z',
          messageId,
          deliveryAttempt: 4,
          durationMs: expect.any(Number),
        },
      },
    ]);
    expect(millisecondsOf(lines[0]?.timestamp)).toBe(Date.parse(receivedAt));
  });

  it('writes a redelivered line with the same insertId and timestamp, whatever was delivered in between', async () => {
    const event = incidentEvent({ webhookId: 'msg_again', receivedAt: new Date(Date.now() - 3_600_000).toISOString() });
    const send = (deliveryAttempt: number, messageId: string) =>
      lead.send(pushBody(event, { messageId, deliveryAttempt }));
    const messageId = newMessageId();
    const first = await send(1, messageId);
    await lead.send(pushBody(incidentEvent({ webhookId: 'msg_other' }), { messageId: newMessageId() }));
    const others = await Promise.all([send(2, messageId), send(3, newMessageId())]);
    const keys = [first, ...others].flatMap(({ lines }) =>
      lines.map((line) => JSON.stringify([line['logging.googleapis.com/insertId'], line.timestamp])),
    );
    expect(new Set(keys).size).toBe(1);
    expect(keys.length).toBeGreaterThanOrEqual(3);
  });

  it('has no time where the event is over 23 h old', async () => {
    const receivedAt = new Date(Date.now() - 7 * 86_400_000).toISOString();
    const { status, lines } = await lead.send(pushBody(incidentEvent({ receivedAt }), { messageId: newMessageId() }));
    expect({ status, count: lines.length }).toEqual({ status: 204, count: 1 });
    expect(lines[0]).not.toHaveProperty('timestamp');
    expect(lines[0]).toHaveProperty(['logging.googleapis.com/insertId']);
  });

  it('alone names an e-mail address, and is written at every log level', async () => {
    const leads = ['UTWICE', 'U02MANAGER', 'UNOBODY', 'U01LEAD', null].map((slackUserId) => ({ ...ADA, slackUserId }));
    const { lines } = await lead.send(pushBody(incidentEvent({ leads }), { messageId: newMessageId() }));
    expect(lines.map(({ metadata }) => metadata['outcome'])).toEqual(['ambiguous_alaner', 'lead_without_role']);
    expect(JSON.stringify(lines[0])).not.toContain('@example.com');
    expect(lines[1]?.message).toBe('ada@example.com is now incident lead for incident id: 01INCIDENT');
  });

  it('takes the trace of the request where the message has none', async () => {
    const messageId = newMessageId();
    const { lines } = await lead.send(pushBody(incidentEvent(), { messageId }), {
      headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' },
    });
    expect(lines).toMatchObject([
      {
        'logging.googleapis.com/trace': 'projects/alan-eu-tools/traces/4bf92f3577b34da6a3ce929d0e0e4736',
        metadata: { messageId },
      },
    ]);
  });

  it('is the only one below an error at that level', async () => {
    const events = [{ leads: [GRACE] }, { leads: [] }, { status: 'live' }, { leads: [{ ...ADA, slackUserId: null }] }];
    for (const event of events) {
      const { status, lines } = await lead.send(pushBody(incidentEvent(event), { messageId: newMessageId() }));
      expect({ status, lines }).toEqual({ status: 204, lines: [] });
    }
  });
});

function millisecondsOf(timestamp: unknown): number {
  if (typeof timestamp === 'string') return Date.parse(timestamp);
  const { seconds, nanos } = timestamp as { seconds: number; nanos: number };
  return seconds * 1000 + nanos / 1e6;
}
