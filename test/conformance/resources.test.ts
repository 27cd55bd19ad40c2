import { status } from '@grpc/grpc-js';
import { openPubSub } from './open-pubsub.ts';

const open = await openPubSub();

afterAll(() => open.close());

it('creates, lists and deletes topics and subscriptions', async () => {
  const { client, projectId, topic } = open;
  const second = await open.createTopic('second');
  expect((await client.getTopics())[0].map(({ name }) => name).sort()).toEqual([topic, second]);
  const [one, two] = [await open.subscribe('one'), await open.subscribe('two', { topic: second })];
  expect((await client.getSubscriptions())[0].map(({ name }) => name).sort()).toEqual([one, two]);
  expect((await client.topic('events').getSubscriptions())[0].map(({ name }) => name)).toEqual([one]);
  await client.subscription('one').delete();
  expect((await client.getSubscriptions())[0].map(({ name }) => name)).toEqual([two]);
  await client.topic('second').delete();
  expect((await client.subscription('two').getMetadata())[0].topic).toBe('_deleted-topic_');
  expect(await client.topic('second').exists()).toEqual([false]);
  expect(two).toContain(projectId);
});

it('fills in the defaults', async () => {
  const [created] = await open.subscriber.createSubscription({
    name: `projects/${open.projectId}/subscriptions/plain`,
    topic: open.topic,
    retryPolicy: { minimumBackoff: { seconds: 1 } },
  });
  expect(created).toMatchObject({
    ackDeadlineSeconds: 10,
    pushConfig: { pushEndpoint: '' },
    deadLetterPolicy: null,
    enableMessageOrdering: false,
  });
  expect(Number(created.messageRetentionDuration?.seconds)).toBe(7 * 86_400);
  expect(Number(created.retryPolicy?.maximumBackoff?.seconds)).toBe(600);
});

const CHANGES = {
  topic: 'projects/p/topics/other',
  ackDeadlineSeconds: 33,
  messageRetentionDuration: { seconds: 700 },
  retryPolicy: { minimumBackoff: { seconds: 3 }, maximumBackoff: { seconds: 30 } },
  pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' },
  enableMessageOrdering: true,
  filter: 'attributes:new',
};

async function update(id: string, paths: string[]) {
  const name = await open.subscribe(id);
  const [changed] = await open.subscriber.updateSubscription({
    subscription: { name, ...CHANGES },
    updateMask: { paths },
  });
  return {
    ackDeadlineSeconds: changed.ackDeadlineSeconds,
    retention: Number(changed.messageRetentionDuration?.seconds),
    backoff: Number(changed.retryPolicy?.minimumBackoff?.seconds ?? 0),
    pushEndpoint: changed.pushConfig?.pushEndpoint,
  };
}

const UNCHANGED = { ackDeadlineSeconds: 10, retention: 604_800, backoff: 0, pushEndpoint: '' };

it.each([
  [['ack_deadline_seconds'], { ackDeadlineSeconds: 33 }],
  [['message_retention_duration'], { retention: 700 }],
  [['retry_policy'], { backoff: 3 }],
  [['push_config'], { pushEndpoint: 'http://127.0.0.1:9/' }],
  [['retain_acked_messages'], {}],
  [['dead_letter_policy'], {}],
  [['push_config', 'ack_deadline_seconds'], { pushEndpoint: 'http://127.0.0.1:9/', ackDeadlineSeconds: 33 }],
])('the update mask %j changes what it names', async (paths, changes) => {
  expect(await update(`mask-${paths.join('-')}`, paths)).toEqual({ ...UNCHANGED, ...changes });
});

it.each([
  [[]],
  [['name']],
  [['topic']],
  [['filter']],
  [['enable_message_ordering']],
  [['ackDeadlineSeconds']],
  [['retry_policy.minimum_backoff']],
  [['bogus']],
  [['*']],
  [['ack_deadline_seconds', 'bogus']],
])('the update mask %j is refused', async (paths) => {
  const id = `refused-${Buffer.from(paths.join()).toString('hex')}`;
  await expect(update(id, paths)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

it.each<[string, number, () => Promise<unknown>]>([
  ['a topic twice', status.ALREADY_EXISTS, () => open.client.createTopic('events')],
  ['deleting a topic that is not there', status.NOT_FOUND, () => open.client.topic('missing').delete()],
  ['a subscription that is not there', status.NOT_FOUND, () => open.client.subscription('missing').getMetadata()],
  [
    'a subscription on a topic that is not there',
    status.NOT_FOUND,
    () => open.subscribe('orphan', { topic: `${open.topic}s` }),
  ],
  ['a retention of 1 s', status.INVALID_ARGUMENT, () => retained(1)],
  ['a retention of 32 days', status.INVALID_ARGUMENT, () => retained(32 * 86_400)],
])('refuses %s', async (_what, code, call) => {
  await expect(call()).rejects.toMatchObject({ code });
});

const retained = (seconds: number) => open.subscribe(`retained-${seconds}`, { messageRetentionDuration: { seconds } });
