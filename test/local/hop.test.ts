import { hopLines } from '../../tools/local/timeline/hop-line.ts';
import type { EmulatorEvent } from '../../tools/services/pubsub/events.ts';
import { delivered, hopsOf, line, published, read, webhookLine } from './hop-feeds.ts';

const DEAD_LETTERS = 'projects/p/subscriptions/my-team-dead-letter';

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
    const hops = read(
      published({ publishTime: new Date('2026-11-23T20:13:46.450Z') }),
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
  const { message } = published();
  const subscription = 'projects/p/subscriptions/my-team';
  const deadLetterTopic = 'projects/p/topics/my-team-dead-letter';

  it.each<[text: string, state: string, event: EmulatorEvent]>([
    ['my-team answered 204 after 9 ms, attempt 1', 'done', delivered({ answer: 204, acknowledged: true })],
    [
      'acknowledged by my-team after 9 ms, attempt 1',
      'done',
      delivered({ answer: 'acknowledged', acknowledged: true }),
    ],
    ['refused by my-team after 9 ms, attempt 1', 'stopped', delivered({ answer: 'refused' })],
    [
      'my-team answered 503 after 9 ms, attempt 2; delivered again in 13.4 s',
      'stopped',
      delivered({ answer: 503, attempt: 2, redeliveredAfterMs: 13_400 }),
    ],
    [
      'not acknowledged in time by my-team after 9 ms, attempt 1',
      'stopped',
      delivered({ answer: 'deadline exceeded' }),
    ],
    [
      'my-team could not be reached (ECONNREFUSED) after 9 ms, attempt 1',
      'stopped',
      delivered({ answer: 'ECONNREFUSED' }),
    ],
    [
      'my-team does not receive it: its filter does not match (attributes.a = "b")',
      'skipped',
      { type: 'filtered', subscription, filter: 'attributes.a = "b"', message },
    ],
    [
      'my-team: given up after 5 attempts, kept in my-team-dead-letter',
      'stopped',
      { type: 'deadLettered', subscription, deadLetterTopic, message, attempts: 5 },
    ],
  ])('says: %s', (text, state, event) => {
    expect(read(event)).toMatchObject([{ name: 'delivered', state, text }]);
  });

  it('is there for a dead letter that somebody took, and not where a dry run only looked at it', () => {
    expect(read(delivered({ subscription: DEAD_LETTERS, answer: 'refused' }))).toEqual([]);
    expect(read(delivered({ subscription: DEAD_LETTERS, answer: 'acknowledged', acknowledged: true }))).toMatchObject([
      { state: 'done', text: 'taken from my-team-dead-letter after 9 ms, attempt 1' },
    ]);
  });

  it('is there for a message without attributes too', () => {
    const bare = { ...message, attributes: {} };
    expect(read(delivered({ message: bare, acknowledged: true }))).toMatchObject([
      { event: 'Message 7, without a webhook id' },
    ]);
    expect(hopsOf((reader) => reader.demoMessage({ messageId: '1', attributes: {}, data: 5 }))).toMatchObject([
      { text: 'demo-subscriber got 5' },
    ]);
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
    const [hop] = read(line('incident-lead', { outcome, status: 204 }));
    expect(hop?.state).toBe(state);
    expect(hop && hopLines(hop)).toContain(`decided    ${mark} M`);
  });

  it('belongs to the event of its message, also where the line does not name it', () => {
    const metadata = { outcome: 'invalid_message', status: 400, messageId: '7', deliveryAttempt: 1 };
    const [hop] = read(published(), line('incident-lead', metadata, 'ERROR'));
    expect(hop?.event).toBe('msg_1');
  });
});

it('tells that a message was published again, unchanged', () => {
  const accepted = webhookLine({ outcome: 'published', status: 204, webhookId: 'msg_1' });
  expect(read(published(), accepted, published({ messageId: '9' })).map(({ text }) => text)).toEqual([
    'POST /webhooks/incident/lead',
    'signature and age are right',
    'M',
    'Published again, unchanged, as message 9: a redrive',
  ]);
});

it('escapes control characters wherever they come from', () => {
  const hostile = '\u001b[2J\n\u009b1m\u202e';
  const shown = '\\u001b[2J\\u000a\\u009b1m\\u202e';
  const { message } = published({ attributes: { webhookId: hostile } });
  const hops = hopsOf((reader) => {
    webhookLine({ outcome: 'rejected', reason: hostile, status: 401, webhookId: hostile, incidentId: hostile })(reader);
    reader.emulatorEvent(delivered({ subscription: hostile, message, answer: hostile }));
    reader.demoMessage({ messageId: '1', attributes: {}, data: hostile });
    reader.output('incident-lead', hostile);
  });
  expect(hops).toHaveLength(5);
  for (const hop of hops) expect(JSON.stringify(hop)).not.toMatch(/\\u001b\[2J\\n[^\\]|[\u007f-\u009f\u202e]/);
  expect(hops.map(({ event }) => event)).toContain(shown);
  expect(hops.at(-1)?.text).toBe(`incident-lead: ${shown}`);
});
