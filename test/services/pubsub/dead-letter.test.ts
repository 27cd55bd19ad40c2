import { provision } from '../../../tools/services/pubsub/provision.ts';
import { NAMES, openPush, until } from './emulator-fixture.ts';

let open: Awaited<ReturnType<typeof openPush>>;

afterEach(() => open.close());

it('tells of a message that has used up its attempts', async () => {
  open = await openPush(() => 400);
  open.emulator.publish(NAMES.topic, { data: 'bad', attributes: { webhookId: 'msg_1' } });
  await until('a dead letter', () => open.emulator.published(NAMES.deadLetterTopic).length === 1);
  const [source] = open.emulator.published(NAMES.topic);
  const [dead] = open.emulator.published(NAMES.deadLetterTopic);
  expect(open.endpoint.pushes.map(({ body }) => body.deliveryAttempt)).toEqual([1, 2, 3, 4, 5]);
  expect(dead?.attributes['CloudPubSubDeadLetterSourceTopicPublishTime']).toBe(
    source?.publishTime.toISOString().replace('Z', '+00:00'),
  );
  expect(dead?.messageId).not.toBe(source?.messageId);
  expect(open.emulator.backlog(NAMES.subscription)).toBe(0);
  expect(open.emulator.backlog(NAMES.deadLetterSubscription)).toBe(1);
  expect(open.events.filter(({ type }) => type === 'deadLettered')).toEqual([
    {
      type: 'deadLettered',
      subscription: NAMES.subscription,
      deadLetterTopic: NAMES.deadLetterTopic,
      message: source,
      attempts: 5,
    },
  ]);
});

it('keeps delivering while the dead-letter topic is gone', async () => {
  open = await openPush(({ body }) => ((body.deliveryAttempt ?? 0) > 7 ? 204 : 500));
  await open.client.topic(NAMES.deadLetterTopic).delete();
  open.emulator.publish(NAMES.topic, { data: 'bad' });
  await until('an acknowledgement', () => open.emulator.backlog(NAMES.subscription) === 0);
  expect(open.endpoint.pushes).toHaveLength(8);
});

it('is provisioned twice without harm, by gRPC as well as directly', async () => {
  open = await openPush(() => 204);
  const { publisher, subscriber } = open;
  const target = {
    createTopic: (config: object) => publisher.createTopic(config),
    createSubscription: (config: object) => subscriber.createSubscription(config),
  };
  const plan = { ...NAMES, pushEndpoint: open.endpoint.url };
  await provision(target, plan);
  await provision(target, {
    ...plan,
    topic: 'projects/p/topics/second',
    subscription: 'projects/p/subscriptions/second',
  });
  const [created] = await subscriber.getSubscription({ subscription: 'projects/p/subscriptions/second' });
  expect(created).toMatchObject({
    topic: 'projects/p/topics/second',
    pushConfig: { pushEndpoint: open.endpoint.url },
    ackDeadlineSeconds: 10,
    retryPolicy: { minimumBackoff: { nanos: 0 }, maximumBackoff: { nanos: 0 } },
    deadLetterPolicy: { deadLetterTopic: NAMES.deadLetterTopic, maxDeliveryAttempts: 5 },
  });
  expect(Number(created.retryPolicy?.minimumBackoff?.seconds)).toBe(10);
  expect(Number(created.retryPolicy?.maximumBackoff?.seconds)).toBe(600);
});
