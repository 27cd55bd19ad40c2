import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';

let fixture: Fixture;

beforeEach(async () => {
  fixture = await openFixture();
  fixture.emulator.createTopic({ name: TOPIC, labels: { team: 'security' } });
});

afterEach(() => fixture.close());

it('creates, gets, lists and deletes topics', async () => {
  const { client } = fixture;
  await client.createTopic('second');
  fixture.emulator.createTopic({ name: 'projects/other/topics/third' });
  const [topics] = await client.getTopics();
  expect(topics.map(({ name }) => name)).toEqual([TOPIC, 'projects/p/topics/second']);
  expect((await client.topic('events').getMetadata())[0]).toMatchObject({ name: TOPIC, labels: { team: 'security' } });
  await client.topic('events').delete();
  expect(await client.topic('events').exists()).toEqual([false]);
});

it('creates, gets, lists, changes and deletes subscriptions', async () => {
  const { client } = fixture;
  const options = { ackDeadlineSeconds: 30, retryPolicy: { minimumBackoff: { seconds: 1 } } };
  const [subscription] = await client.topic('events').createSubscription('first', options);
  await client.topic('events').createSubscription('second');
  const [metadata] = await subscription.getMetadata();
  expect(metadata).toMatchObject({ topic: TOPIC, ackDeadlineSeconds: 30, enableMessageOrdering: false });
  expect(Number(metadata.retryPolicy?.minimumBackoff?.seconds)).toBe(1);
  expect(Number(metadata.retryPolicy?.maximumBackoff?.seconds)).toBe(600);
  await subscription.setMetadata({ ackDeadlineSeconds: 60 });
  await subscription.modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:1/push' });
  const [changed] = await subscription.getMetadata();
  expect(changed).toMatchObject({ ackDeadlineSeconds: 60, pushConfig: { pushEndpoint: 'http://127.0.0.1:1/push' } });
  const names = ['projects/p/subscriptions/first', 'projects/p/subscriptions/second'];
  expect((await client.getSubscriptions())[0].map(({ name }) => name)).toEqual(names);
  expect((await client.topic('events').getSubscriptions())[0].map(({ name }) => name)).toEqual(names);
  await subscription.delete();
  expect((await client.getSubscriptions())[0].map(({ name }) => name)).toEqual(names.slice(1));
});

it('cuts lists into pages', async () => {
  for (const id of ['aaa', 'bbb', 'ccc', 'ddd']) fixture.emulator.createTopic({ name: `projects/p/topics/${id}` });
  const page = { pageSize: 2, autoPaginate: false };
  const [first, next] = await fixture.client.getTopics(page);
  const [second, last] = await fixture.client.getTopics(next ?? {});
  const [third, end] = await fixture.client.getTopics(last ?? {});
  const ids = [first, second, third].map((topics) => topics.map(({ name }) => name.split('/').at(-1)));
  expect(ids).toEqual([['aaa', 'bbb'], ['ccc', 'ddd'], ['events']]);
  expect(end).toBeNull();
});

it('leaves the subscriptions of a deleted topic', async () => {
  const [subscription] = await fixture.client.topic('events').createSubscription('first');
  fixture.emulator.publish(TOPIC, { data: 'kept' });
  await fixture.client.topic('events').delete();
  expect((await subscription.getMetadata())[0].topic).toBe('_deleted-topic_');
  expect(fixture.emulator.backlog(subscription.name)).toBe(1);
});

it.each<[string, Code, (fixture: Fixture) => Promise<unknown>]>([
  ['a topic twice', Code.ALREADY_EXISTS, ({ client }) => client.createTopic('events')],
  ['a topic with a bad name', Code.INVALID_ARGUMENT, ({ client }) => client.createTopic('1x')],
  ['a topic with a reserved name', Code.INVALID_ARGUMENT, ({ client }) => client.createTopic('google-like')],
  ['deleting a missing topic', Code.NOT_FOUND, ({ client }) => client.topic('missing').delete()],
  ['publishing to a missing topic', Code.NOT_FOUND, ({ client }) => publish(client.topic('missing'))],
  ['a missing subscription', Code.NOT_FOUND, ({ client }) => client.subscription('missing').getMetadata()],
  ['a subscription on a missing topic', Code.NOT_FOUND, ({ client }) => client.topic('none').createSubscription('sub')],
  ['an ack deadline of 9 s', Code.INVALID_ARGUMENT, (open) => create(open, { ackDeadlineSeconds: 9 })],
  ['an endpoint that is no URL', Code.INVALID_ARGUMENT, (open) => create(open, { pushEndpoint: 'localhost' })],
  [
    'a backoff of 601 s',
    Code.INVALID_ARGUMENT,
    (open) => create(open, { retryPolicy: { maximumBackoff: { seconds: 601 } } }),
  ],
  [
    'a dead-letter topic that is not there',
    Code.NOT_FOUND,
    (open) => create(open, { deadLetterPolicy: { deadLetterTopic: 'projects/p/topics/missing' } }),
  ],
  [
    'four delivery attempts',
    Code.INVALID_ARGUMENT,
    (open) => create(open, { deadLetterPolicy: { deadLetterTopic: TOPIC, maxDeliveryAttempts: 4 } }),
  ],
  ['message ordering', Code.UNIMPLEMENTED, (open) => create(open, { enableMessageOrdering: true })],
  ['a snapshot', Code.UNIMPLEMENTED, ({ client }) => client.subscription('missing').createSnapshot('snap')],
  ['a seek', Code.UNIMPLEMENTED, ({ client }) => client.subscription('missing').seek(new Date())],
])('refuses %s', async (_case, code, call) => {
  await expect(call(fixture)).rejects.toMatchObject({ code });
});

it('refuses a subscription twice, and a change of its filter', async () => {
  const [subscription] = await create(fixture, {});
  await expect(create(fixture, {})).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
  const change = subscription.setMetadata({ filter: 'attributes:a' });
  await expect(change).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
});

function create({ client }: Fixture, options: object) {
  return client.topic('events').createSubscription('sub', options);
}

function publish(topic: ReturnType<Fixture['client']['topic']>) {
  return topic.publishMessage({ data: Buffer.from('x') });
}
