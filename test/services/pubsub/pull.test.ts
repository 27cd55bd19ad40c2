import { v1 } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture, until } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const SUBSCRIPTION = 'projects/p/subscriptions/pulls';

let fixture: Fixture;
let subscriber: InstanceType<typeof v1.SubscriberClient>;

beforeEach(async () => {
  // Ack deadlines of 10 s pass in 1 s.
  fixture = await openFixture({ ackDeadlineScale: 0.1 });
  fixture.emulator.createTopic({ name: TOPIC });
  fixture.emulator.createSubscription({ name: SUBSCRIPTION, topic: TOPIC });
  const [servicePath = '', port] = fixture.emulator.host.split(':');
  subscriber = new v1.SubscriberClient({
    projectId: 'p',
    servicePath,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
});

afterEach(async () => {
  await subscriber.close();
  await fixture.close();
});

async function pull(maxMessages = 10) {
  const [{ receivedMessages }] = await subscriber.pull({ subscription: SUBSCRIPTION, maxMessages });
  return (receivedMessages ?? []).map(({ ackId, message, deliveryAttempt }) => ({
    ackId: ackId ?? '',
    data: String(message?.data),
    deliveryAttempt,
  }));
}

it('gives messages in order, up to the limit, and forgets them once acknowledged', async () => {
  fixture.emulator.publish(TOPIC, { data: 'a' }, { data: 'b' }, { data: 'c' });
  const first = await pull(2);
  expect(first.map(({ data }) => data)).toEqual(['a', 'b']);
  expect(first.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([0, 0]);
  await subscriber.acknowledge({ subscription: SUBSCRIPTION, ackIds: first.map(({ ackId }) => ackId) });
  expect((await pull()).map(({ data }) => data)).toEqual(['c']);
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(1);
});

it('waits for a message to come', async () => {
  const waiting = pull();
  await new Promise((resolve) => setTimeout(resolve, 100));
  fixture.emulator.publish(TOPIC, { data: 'late' });
  expect((await waiting).map(({ data }) => data)).toEqual(['late']);
});

it('answers with nothing after a bounded time, or at once when asked to', async () => {
  expect(await pull()).toEqual([]);
  const [{ receivedMessages }] = await subscriber.pull({
    subscription: SUBSCRIPTION,
    maxMessages: 1,
    returnImmediately: true,
  });
  expect(receivedMessages).toEqual([]);
});

it('delivers again when the ack deadline passes, and still takes the late acknowledgement', async () => {
  fixture.emulator.publish(TOPIC, { data: 'x' });
  const [early] = await pull();
  await until('the deadline', () => fixture.deliveries().length === 1);
  expect(fixture.deliveries()).toEqual([{ attempt: 1, acknowledged: false, answer: 'deadline exceeded' }]);
  await subscriber.acknowledge({ subscription: SUBSCRIPTION, ackIds: [early?.ackId ?? ''] });
  expect(fixture.emulator.backlog(SUBSCRIPTION)).toBe(0);
});

it('moves the ack deadline, and takes 0 as a refusal', async () => {
  fixture.emulator.publish(TOPIC, { data: 'x' });
  const [first] = await pull();
  const ackIds = [first?.ackId ?? ''];
  await subscriber.modifyAckDeadline({ subscription: SUBSCRIPTION, ackIds, ackDeadlineSeconds: 600 });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(fixture.deliveries()).toEqual([]);
  await subscriber.modifyAckDeadline({ subscription: SUBSCRIPTION, ackIds, ackDeadlineSeconds: 0 });
  const [second] = await pull();
  expect(second?.ackId).not.toBe(first?.ackId);
  // The first delivery is over: refusing it once more must not touch the second.
  await subscriber.modifyAckDeadline({ subscription: SUBSCRIPTION, ackIds, ackDeadlineSeconds: 0 });
  expect(fixture.deliveries()).toEqual([{ attempt: 1, acknowledged: false, answer: 'refused' }]);
});

it('counts attempts under a dead-letter policy', async () => {
  const [subscription, dead] = ['projects/p/subscriptions/counted', 'projects/p/topics/dead'];
  fixture.emulator.createTopic({ name: dead });
  fixture.emulator.createSubscription({
    name: subscription,
    topic: TOPIC,
    deadLetterPolicy: { deadLetterTopic: dead },
  });
  fixture.emulator.publish(TOPIC, { data: 'x' });
  for (const attempt of [1, 2, 3, 4, 5]) {
    const [{ receivedMessages }] = await subscriber.pull({ subscription, maxMessages: 1 });
    expect(receivedMessages?.[0]?.deliveryAttempt).toBe(attempt);
    const ackIds = [receivedMessages?.[0]?.ackId ?? ''];
    await subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds: 0 });
  }
  expect(fixture.emulator.published(dead)).toHaveLength(1);
  expect(fixture.emulator.backlog(subscription)).toBe(0);
});

it('refuses what Pub/Sub refuses', async () => {
  const subscription = SUBSCRIPTION;
  const invalid = { code: Code.INVALID_ARGUMENT };
  await expect(subscriber.pull({ subscription, maxMessages: 0 })).rejects.toMatchObject(invalid);
  await expect(subscriber.acknowledge({ subscription, ackIds: [] })).rejects.toMatchObject(invalid);
  await expect(subscriber.acknowledge({ subscription, ackIds: ['nonsense'] })).rejects.toMatchObject(invalid);
  const tooLong = { subscription, ackIds: ['1-1'], ackDeadlineSeconds: 601 };
  await expect(subscriber.modifyAckDeadline(tooLong)).rejects.toMatchObject(invalid);
  const missing = { subscription: 'projects/p/subscriptions/missing', maxMessages: 1 };
  await expect(subscriber.pull(missing)).rejects.toMatchObject({ code: Code.NOT_FOUND });
  fixture.emulator.setPushEndpoint(SUBSCRIPTION, 'http://127.0.0.1:1/');
  await expect(subscriber.pull({ subscription, maxMessages: 1 })).rejects.toMatchObject({
    code: Code.FAILED_PRECONDITION,
    details: 'This method is not supported for push subscriptions.',
  });
});
