import { PassThrough } from 'node:stream';
import { type DeadLetter, nameOf, readDeadLetter } from '../../tools/redrive/dead-letter.ts';
import { type Action, asFailure } from '../../tools/redrive/failure.ts';
import { duration } from '../../tools/redrive/list.ts';
import { moveDeadLetters } from '../../tools/redrive/move.ts';
import { createProgressDisplay } from '../../tools/redrive/progress-display.ts';
import { resourceName } from '../../tools/redrive/resource-name.ts';

const HOUR = 3_600_000;

it('strips what Pub/Sub and the client library added, and nothing else', () => {
  const deadLetter = readDeadLetter({
    ackId: 'a',
    message: {
      messageId: '7',
      data: Buffer.from('{}'),
      orderingKey: 'k',
      publishTime: { seconds: '1795462782', nanos: 500_000_000 },
      attributes: {
        webhookId: 'msg_1',
        cloudPubSubDeadLetter: 'ours',
        googclient_traceparent: '00-1-1-01',
        CloudPubSubDeadLetterSourceDeliveryCount: '20',
        CloudPubSubDeadLetterSourceDeliveryErrorMessage: 'some',
        CloudPubSubDeadLetterSourceSubscription: 'lead',
        CloudPubSubDeadLetterSourceSubscriptionProject: 'p',
        CloudPubSubDeadLetterSourceTopicPublishTime: '2026-11-23T10:00:00.5+00:00',
      },
    },
  });
  expect(deadLetter).toEqual({
    ackId: 'a',
    messageId: '7',
    publishedAt: new Date(1_795_462_782_500),
    message: {
      data: Buffer.from('{}'),
      orderingKey: 'k',
      attributes: { webhookId: 'msg_1', cloudPubSubDeadLetter: 'ours' },
    },
    source: { subscription: 'lead', attempts: '20', publishedAt: new Date('2026-11-23T10:00:00.5Z') },
  });
});

it.each([
  ['topics', 'events', 'p', 'projects/p/topics/events'],
  ['topics', 'projects/other/topics/events', 'p', 'projects/other/topics/events'],
  ['subscriptions', 'projects/p/subscriptions/dead', undefined, 'projects/p/subscriptions/dead'],
  ['subscriptions', 'dead', 'example.com:p', 'projects/example.com:p/subscriptions/dead'],
] as const)('completes the name of one of the %s, %s', (collection, given, project, name) => {
  expect(resourceName(collection, given, project)).toBe(name);
});

it.each([
  '',
  'ab',
  'a b c',
  '9lives',
  'projects/p/subscriptions/dead',
  'projects/p/topics/a/b',
  'projects//topics/abc',
])('refuses the topic name "%s"', (given) => {
  expect(() => resourceName('topics', given, 'p')).toThrow(`--topic expects an id such as my-name`);
});

it('asks for a project where the name has none', () => {
  expect(() => resourceName('subscriptions', 'dead', undefined)).toThrow(
    '--subscription dead needs a project: give --project, or projects/PROJECT/subscriptions/dead.',
  );
});

const [TOPIC, DEAD] = ['projects/p/topics/events', 'projects/p/subscriptions/dead'];

it.each<[Action, string, number, string]>([
  ['take from', DEAD, 5, `${DEAD} does not exist. "gcloud pubsub subscriptions list --project p" lists those that do.`],
  ['publish to', TOPIC, 5, `${TOPIC} does not exist. "gcloud pubsub topics list --project p" lists those that do.`],
  ['take from', DEAD, 16, 'No usable credentials: run "gcloud auth application-default login", or set'],
  [
    'publish to',
    TOPIC,
    14,
    `Pub/Sub could not be reached to publish to ${TOPIC}: check the network and try again. (why)`,
  ],
  ['acknowledge on', DEAD, 4, `Could not acknowledge on ${DEAD}: DEADLINE_EXCEEDED. (why)`],
])('says what to do when it cannot %s %s (gRPC code %s)', (action, resource, code, message) => {
  const cause = Object.assign(new Error('why'), { code });
  expect(asFailure(action, resource, cause)).toMatchObject({ message: expect.stringContaining(message), cause });
});

it.each([
  new TypeError("Cannot read properties of undefined (reading 'topic')"),
  new RangeError('out of memory'),
  'a text',
])('lets a bug of ours through as it is: %s', (error) => {
  expect(asFailure('publish to', TOPIC, error)).toBe(error);
});

it.each([
  [-5, '0 s'],
  [0, '0 s'],
  [59_999, '59 s'],
  [HOUR, '1 h'],
  [3 * HOUR + 125_000, '3 h 2 min'],
  [31 * 24 * HOUR + 5 * HOUR, '31 d 5 h'],
])('shows %d ms as %s', (ms, shown) => {
  expect(duration(ms)).toBe(shown);
});

it('shows a bar on a terminal', () => {
  const written = shownBy({ isTTY: true });
  expect(written).toContain('500 of 1000 done | 2 failed');
  // The cursor, hidden for the bar, is back.
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
});

it('writes plain lines where there is no terminal', () => {
  expect(shownBy({ isTTY: false })).toBe(
    '0 moved, 0 failed, of 1000 taken so far\n998 moved, 2 failed, of 1000 taken so far\n',
  );
});

it('gives up when 50 publishes in a row fail because Pub/Sub is out of order', async () => {
  const before = new Date('2026-11-23T12:00:00Z');
  const waiting = Array.from(
    { length: 120 },
    (_, at): DeadLetter => ({
      ...readDeadLetter({ ackId: `a${at}`, message: { messageId: String(at), attributes: {} } }),
    }),
  );
  const givenBack: string[] = [];
  const outcome = await moveDeadLetters(
    {
      lookUp: async () => ({ sourceTopic: undefined, subscribers: undefined }),
      take: async () => waiting.splice(0),
      publish: async () => {
        throw asFailure('publish to', 'projects/p/topics/t', Object.assign(new Error('down'), { code: 14 }));
      },
      acknowledge: async () => {},
      giveBack: async (deadLetters) => {
        givenBack.push(...deadLetters.map(nameOf));
      },
      close: async () => {},
    },
    before,
    { idleMs: 100, stop: new AbortController().signal },
    () => {},
  );
  expect(outcome).toMatchObject({ taken: 120, moved: 0, failed: 50, untouched: 70, unacknowledged: 0, gaveBack: true });
  expect(outcome.fatal?.message).toBe(
    'Pub/Sub could not be reached to publish to projects/p/topics/t: check the network and try again. (down)',
  );
  expect(givenBack).toHaveLength(120);
});

function shownBy({ isTTY }: { isTTY: boolean }): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const display = createProgressDisplay(stream);
  display.update({ taken: 1000, moved: 0, failed: 0 });
  display.update({ taken: 1000, moved: 498, failed: 2 });
  if (!isTTY) display.update({ taken: 1000, moved: 998, failed: 2 });
  display.end();
  return String(stream.read());
}
