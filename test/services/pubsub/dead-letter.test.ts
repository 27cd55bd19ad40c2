import { provision } from '../../../tools/services/pubsub/provision.ts';
import { NAMES, openPush, until } from './emulator-fixture.ts';

let open: Awaited<ReturnType<typeof openPush>>;

afterEach(() => open.close());

it('tells of each delivery, how long it is until the next one, and of a message that has used up its attempts', async () => {
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
  const deliveries = open.events.filter((event) => event.type === 'delivered');
  expect(deliveries).toHaveLength(5);
  for (const [index, { startedAt, redeliveredAfterMs = 0 }] of deliveries.slice(0, -1).entries()) {
    // The first comes at once.
    expect(redeliveredAfterMs).toBeGreaterThan(index === 0 ? -1 : 5);
    // Timers and the clock are rounded to milliseconds.
    const least = startedAt.getTime() + Math.floor(redeliveredAfterMs) - 2;
    expect(deliveries[index + 1]?.startedAt.getTime()).toBeGreaterThanOrEqual(least);
  }
  expect(deliveries.at(-1)?.redeliveredAfterMs).toBeUndefined();
});

it('keeps delivering while the dead-letter topic is gone', async () => {
  open = await openPush(({ body }) => ((body.deliveryAttempt ?? 0) > 7 ? 204 : 500));
  await open.client.topic(NAMES.deadLetterTopic).delete();
  open.emulator.publish(NAMES.topic, { data: 'bad' });
  await until('an acknowledgement', () => open.emulator.backlog(NAMES.subscription) === 0);
  expect(open.endpoint.pushes).toHaveLength(8);
});

it('is provisioned twice without harm', async () => {
  open = await openPush(() => 204);
  await provision(open.emulator, { ...NAMES, pushEndpoint: 'http://127.0.0.1:1/' });
  const [{ retryPolicy, ...created }] = await open.subscriber.getSubscription({ subscription: NAMES.subscription });
  expect(created).toMatchObject({
    topic: NAMES.topic,
    pushConfig: { pushEndpoint: open.endpoint.url },
    ackDeadlineSeconds: 10,
    deadLetterPolicy: { deadLetterTopic: NAMES.deadLetterTopic, maxDeliveryAttempts: 5 },
  });
  expect([retryPolicy?.minimumBackoff, retryPolicy?.maximumBackoff].map((backoff) => Number(backoff?.seconds))).toEqual(
    [10, 600],
  );
});
