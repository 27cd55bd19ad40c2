import { PassThrough } from 'node:stream';
import { readDeadLetter } from '../../tools/redrive/dead-letter.ts';
import { type Action, Failure } from '../../tools/redrive/failure.ts';
import { moveDeadLetters } from '../../tools/redrive/move.ts';
import type { PubSub } from '../../tools/redrive/pubsub.ts';
import { showProgress } from '../../tools/redrive/report.ts';
import { fullName } from '../../tools/redrive/run.ts';
import { deadLetters, ids } from './run-redrive.ts';

it('strips what Pub/Sub added when it dead-lettered, and nothing else', () => {
  const [dead] = deadLetters(1);
  const own = { cloudPubSubDeadLetter: 'ours', CloudPubSubDeadLetterMine: 'ours' };
  const added = { CloudPubSubDeadLetterSourceDeliveryErrorMessage: 'some' };
  const message = {
    messageId: '7',
    data: Buffer.from('{}'),
    orderingKey: 'k',
    attributes: { ...dead?.attributes, ...own, ...added },
  };
  const publishTime = { seconds: '1795462782', nanos: 500_000_000 };
  expect(readDeadLetter({ ackId: 'a', message: { ...message, publishTime } })).toEqual({
    ackId: 'a',
    messageId: '7',
    deadLetteredAt: new Date(1_795_462_782_500),
    original: {
      data: Buffer.from('{}'),
      orderingKey: 'k',
      attributes: {
        schemaVersion: '1',
        webhookId: 'msg_0',
        googclient_traceparent: '00-1-1-01',
        ...own,
      },
    },
    source: { subscription: 'lead', attempts: '30', publishedAt: new Date('2026-11-23T10:00:00.5Z') },
  });
});

it('acknowledges what comes again although it was acknowledged, and publishes it once', async () => {
  const pulls = ['a1', 'a2'].map((ackId) => readDeadLetter({ ackId, message: { messageId: '7' } }));
  const calls: string[] = [];
  const pubsub: Partial<PubSub> = {
    pull: async () => pulls.splice(0, 1),
    publish: async ({ messageId }) => void calls.push(`publish ${messageId}`),
    acknowledge: async (ackIds) => void calls.push(`acknowledge ${ackIds}`),
    release: async (ackIds) => ackIds.length === 0,
  };
  const bounds = { idleMs: 300, stop: new AbortController().signal };
  const run = await moveDeadLetters(pubsub as PubSub, bounds, () => {});
  expect(calls).toEqual(['publish 7', 'acknowledge a1', 'acknowledge a2']);
  expect(run).toMatchObject({ pulled: 1, released: true });
});

it.each([
  ['topic', 'events', 'p', 'projects/p/topics/events'],
  ['topic', 'projects/other/topics/events', 'p', 'projects/other/topics/events'],
  ['subscription', 'projects/p/subscriptions/dead', undefined, 'projects/p/subscriptions/dead'],
  ['subscription', 'dead', 'example.com:p', 'projects/example.com:p/subscriptions/dead'],
] as const)('completes the name of a %s, %s', (option, given, project, name) => {
  expect(fullName(option, given, project)).toBe(name);
});

const OTHER_NAMES = ['projects/p/subscriptions/dead', 'projects/p/topics/a/b', 'projects//topics/abc'];
it.each(['', 'ab', 'a b c', '9lives', ...OTHER_NAMES])('refuses the topic name "%s"', (given) => {
  expect(() => fullName('topic', given, 'p')).toThrow('--topic expects an id such as my-name');
});

it('asks for a project where the name has none', () => {
  expect(() => fullName('subscription', 'dead', undefined)).toThrow(
    '--subscription dead needs a project: give --project, or projects/PROJECT/subscriptions/dead.',
  );
});

const [TOPIC, DEAD] = ['projects/p/topics/events', 'projects/p/subscriptions/dead'];
const LOG_IN = 'No usable credentials: run gcloud auth application-default login, or set';
const UNREACHABLE = `Pub/Sub could not be reached to pull from ${DEAD}: check the network and try again.`;

it.each<[Action, string, number, string]>([
  ['pull from', DEAD, 5, `${DEAD} does not exist. "gcloud pubsub subscriptions list --project p" lists those that do.`],
  ['publish to', TOPIC, 5, `${TOPIC} does not exist. "gcloud pubsub topics list --project p" lists those that do.`],
  ['pull from', DEAD, 16, LOG_IN],
  ['publish to', TOPIC, 14, `Pub/Sub could not be reached to publish to ${TOPIC}: check the network and try again.`],
  ['acknowledge on', DEAD, 4, `Could not acknowledge on ${DEAD}: DEADLINE_EXCEEDED. (why)`],
])('says what to do when it cannot %s %s (code %s)', (action, resource, code, message) => {
  const cause = Object.assign(new Error('why'), { code });
  expect(new Failure(action, resource, cause)).toMatchObject({ message: expect.stringContaining(message), cause });
});

// As grpc-js gives them when it has no access token to call with, the server's HTTP status in place of a gRPC code.
it.each([
  [400, 'invalid_grant', LOG_IN],
  [400, '{"error":"invalid_grant","error_subtype":"invalid_rapt"}', LOG_IN],
  [401, 'deleted_client', LOG_IN],
  [403, 'access_denied', LOG_IN],
  [2, 'invalid_grant', LOG_IN],
  [429, 'Request failed with status code 429', UNREACHABLE],
  [503, 'unavailable', UNREACHABLE],
  [2, 'request to https://oauth2.googleapis.com/token failed, reason: getaddrinfo ENOTFOUND', UNREACHABLE],
  [2, 'request to https://oauth2.googleapis.com/token failed, reason: connect ECONNREFUSED 127.0.0.1:9', UNREACHABLE],
])('says what to do when there is no token (%s, %s)', (code, why, message) => {
  const error = Object.assign(new Error(`Getting metadata from plugin failed with error: ${why}`), { code });
  expect(new Failure('pull from', DEAD, error).message).toContain(message);
});

it.each([
  ['a bug of a library', new TypeError("Cannot read properties of undefined (reading 'topic')")],
  ['a text', 'a text'],
])('makes a sentence of %s too', (_what, error) => {
  expect(new Failure('publish to', TOPIC, error).message).toBe(
    `Could not publish to ${TOPIC}: UNKNOWN. (${error instanceof Error ? error.message : error})`,
  );
});

it("quotes no more than the beginning of a server's answer", () => {
  const error = Object.assign(new Error('x'.repeat(10_000)), { code: 3 });
  expect(new Failure('publish to', TOPIC, error).message.length).toBeLessThan(500);
});

it('shows a bar on a terminal', () => {
  const written = shownBy({ isTTY: true });
  expect(written).toContain('500 of 1000 done | 2 failed');
  // The cursor, hidden for the bar, is back.
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
});

it('writes plain lines where there is no terminal', () => {
  expect(shownBy({ isTTY: false })).toBe(
    '0 moved, 0 failed, of 1000 pulled so far\n998 moved, 2 failed, of 1000 pulled so far\n',
  );
});

function shownBy({ isTTY }: { isTTY: boolean }): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const progress = showProgress(stream);
  const update = (moved: number): void =>
    progress.update({
      pulled: 1000,
      moved: new Set(ids(moved)),
      failures: moved === 0 ? [] : Array(2).fill({ name: '', why: '' }),
    });
  update(0);
  update(498);
  if (!isTTY) update(998);
  progress.end();
  return String(stream.read());
}
