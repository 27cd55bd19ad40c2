import type { DeliveryNote, EventLogEntry, FunctionLine } from '../../tools/local/timeline/event-log.ts';
import { hopLines } from '../../tools/local/timeline/hop-line.ts';
import { createHopReader } from '../../tools/local/timeline/hop-reader.ts';

const AT = '2026-11-23T20:13:46.457Z';

describe('the hops of a request', () => {
  it.each([
    ['not_json', 400],
    ['schema', 422],
  ])('say no more of a verified event than what was verified, before %s stops it', (reason, status) => {
    const hops = read(webhookLine({ outcome: 'rejected', reason, status }));
    expect(hops.map(({ name, state }) => [name, state])).toEqual([
      ['received', 'done'],
      ['verified', 'done'],
      ['published', 'stopped'],
    ]);
    expect(hops[1]?.text).toBe('signature and age are right');
  });

  it('have the time at which the request began, and at which the emulator accepted the message', () => {
    const published = { messageId: '7', publishTime: '2026-11-23T20:13:46.450Z', attributes: { webhookId: 'msg_1' } };
    const hops = read(
      { at: AT, source: 'pubsub', published: { ...published, data: '{}' } },
      webhookLine({ outcome: 'published', status: 204, webhookId: 'msg_1', durationMs: 39 }),
    );
    expect(hops.map(({ name, at, untimed }) => [name, untimed ? '' : at.slice(17)])).toEqual([
      ['received', '46.418Z'],
      ['verified', ''],
      ['published', '46.450Z'],
    ]);
  });

  it('say when a request began that was stopped seconds later', () => {
    const [hop] = read(webhookLine({ outcome: 'rejected', reason: 'body_timeout', status: 408, durationMs: 5003 }));
    expect(hop).toMatchObject({
      name: 'received',
      at: '2026-11-23T20:13:41.454Z',
      text: '408 M (answered after 5003 ms)',
    });
  });

  it('belong to a request of their own where it has no usable webhook id', () => {
    const refused = webhookLine({ outcome: 'rejected', reason: 'bad_id', status: 401 });
    const events = read(refused, refused).map(({ event }) => event);
    expect(new Set(events).size).toBe(2);
  });

  it('warn of an ignored event that the webhook warns of', () => {
    const ignored = { outcome: 'ignored', reason: 'event_type', status: 204 };
    const states = (severity: string) => read(webhookLine(ignored, severity)).map(({ state }) => state);
    expect(states('INFO')).toEqual(['done', 'done', 'ended']);
    expect(states('WARNING')).toEqual(['done', 'done', 'warning']);
  });
});

describe('the hop of a delivery', () => {
  it.each<[changes: Partial<DeliveryNote>, state: string, text: string]>([
    [{ answer: 204, acknowledged: true }, 'done', 'my-team answered 204, attempt 1'],
    [{ answer: 'acknowledged', acknowledged: true }, 'done', 'acknowledged by my-team, attempt 1'],
    [{ answer: 'refused' }, 'stopped', 'refused by my-team, attempt 1'],
    [
      { answer: 503, attempt: 2, startedAt: '2026-11-23T20:13:46.448Z', redeliveredAfterMs: 13_400 },
      'stopped',
      'my-team answered 503 after 9 ms, attempt 2; delivered again in 13.4 s',
    ],
    [{ answer: 'deadline exceeded' }, 'stopped', 'not acknowledged in time by my-team, attempt 1'],
    [{ answer: 'ECONNREFUSED' }, 'stopped', 'my-team could not be reached (ECONNREFUSED), attempt 1'],
    [
      { type: 'filtered', attempt: 0, acknowledged: true, answer: 'attributes.a = "b"' },
      'skipped',
      'my-team does not receive it: its filter does not match (attributes.a = "b")',
    ],
    [
      { type: 'deadLettered', attempt: 5, answer: 'dead-lettered' },
      'stopped',
      'my-team: given up after 5 attempts, kept in my-team-dead-letter',
    ],
  ])('tells of %j', (changes, state, text) => {
    expect(read(delivery(changes))).toMatchObject([{ name: 'delivered', state, text }]);
  });

  it('is there for a dead letter that somebody took, and not where a dry run only looked at it', () => {
    const subscription = 'my-team-dead-letter';
    expect(read(delivery({ subscription, answer: 'refused' }))).toEqual([]);
    expect(read(delivery({ subscription, answer: 'acknowledged', acknowledged: true }))).toMatchObject([
      { state: 'done', text: 'taken from my-team-dead-letter, attempt 1' },
    ]);
  });

  it('is there for a message without attributes too', () => {
    expect(
      read(delivery({ webhookId: undefined, incidentId: undefined, answer: 204, acknowledged: true })),
    ).toMatchObject([{ event: 'Message 1, without a webhook id' }]);
    const message = { messageId: '1', data: 5 } as never;
    expect(read({ at: AT, source: 'demo-subscriber', message })).toMatchObject([{ text: 'demo-subscriber got 5' }]);
  });
});

describe('the hop of a decision', () => {
  it.each([
    ['lead_without_role', 'alert', '▶'],
    ['lead_with_role', 'ended', '•'],
    ['skipped_status', 'ended', '•'],
    ['no_slack_user', 'warning', '!'],
    ['unknown_alaner', 'warning', '!'],
    ['database_unavailable', 'stopped', '✗'],
  ])('has a sign for how loud %s is', (outcome, state, mark) => {
    const line = { severity: 'INFO', message: 'M', metadata: { outcome, status: 204 } };
    const [hop] = read({ at: AT, source: 'incident-lead', line });
    expect(hop?.state).toBe(state);
    expect(hop && hopLines(hop)).toContain(`decided    ${mark} M`);
  });

  it('belongs to the event of its message, also where the line does not name it', () => {
    const metadata = { outcome: 'invalid_message', status: 400, messageId: '7', deliveryAttempt: 1 };
    const published = { messageId: '7', publishTime: AT, attributes: { webhookId: 'msg_1' }, data: '{}' };
    const [hop] = read(
      { at: AT, source: 'pubsub', published },
      { at: AT, source: 'incident-lead', line: { severity: 'ERROR', message: 'M', metadata } },
    );
    expect(hop?.event).toBe('msg_1');
  });
});

it('tells that a message was published again, unchanged', () => {
  const published = { messageId: '7', publishTime: AT, attributes: { webhookId: 'msg_1' }, data: '{}' };
  const line = webhookLine({ outcome: 'published', status: 204, webhookId: 'msg_1' });
  const note: EventLogEntry = { at: AT, source: 'pubsub', published };
  const again: EventLogEntry = { at: AT, source: 'pubsub', published: { ...published, messageId: '9' } };
  expect(read(note, line, again).map(({ text }) => text)).toEqual([
    'POST /webhooks/incident/lead',
    'signature and age are right',
    'M',
    'Published again, unchanged, as message 9: a redrive',
  ]);
});

it('escapes control characters wherever they come from', () => {
  const hostile = '\u001b[2J\n\u009b1m\u202e';
  const shown = '\\u001b[2J\\u000a\\u009b1m\\u202e';
  const hops = read(
    webhookLine({ outcome: 'rejected', reason: hostile, status: 401, webhookId: hostile, incidentId: hostile }),
    delivery({ subscription: hostile, webhookId: hostile, answer: hostile }),
    { at: AT, source: 'demo-subscriber', message: { messageId: '1', attributes: {}, data: hostile } },
    { at: AT, source: 'incident-lead', text: hostile },
  );
  for (const hop of hops) expect(JSON.stringify(hop)).not.toMatch(/\\u001b\[2J\\n[^\\]|[\u007f-\u009f\u202e]/);
  expect(hops.map(({ event }) => event)).toContain(shown);
  expect(hops.at(-1)?.text).toBe(`incident-lead: ${shown}`);
});

function read(...entries: EventLogEntry[]) {
  return entries.flatMap(createHopReader());
}

function webhookLine(metadata: FunctionLine['metadata'] & object, severity = 'INFO'): EventLogEntry {
  return { at: AT, source: 'incident-webhook', line: { severity, message: 'M', metadata } };
}

function delivery(own: Partial<DeliveryNote>): EventLogEntry {
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
      acknowledged: false,
      answer: 204,
      ...own,
    },
  };
}
