import { status } from '@grpc/grpc-js';
import { openEndpoint, openPubSub, until } from './open-pubsub.ts';

const open = await openPubSub();
const deadLetterTopic = await open.createTopic('dead');
const policy = { deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 } };
const deadLetters = await open.subscribe('dead', { topic: deadLetterTopic });

afterAll(() => open.close());

it('forwards a push after its last attempt, with what Pub/Sub adds, and delivers it no more', async () => {
  const endpoint = await openEndpoint(() => 400);
  await open.subscribe('pushed', { pushConfig: { pushEndpoint: endpoint.url }, ...policy });
  await open.publish({ data: 'bad', attributes: { webhookId: 'msg_1' } });
  const [dead] = await open.drain(deadLetters, 1);
  expect(dead).toMatchObject({
    data: 'bad',
    attributes: {
      webhookId: 'msg_1',
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
      CloudPubSubDeadLetterSourceSubscription: 'pushed',
      CloudPubSubDeadLetterSourceSubscriptionProject: open.projectId,
      CloudPubSubDeadLetterSourceTopicPublishTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  });
  expect(endpoint.pushes).toHaveLength(5);
  await endpoint.close();
  await open.subscriber.deleteSubscription({ subscription: `projects/${open.projectId}/subscriptions/pushed` });
});

it('counts the deliveries of a pull and forwards after the last', async () => {
  const subscription = await open.subscribe('pulled', policy);
  await open.publish({ data: 'bad' });
  for (const attempt of [1, 2, 3, 4, 5]) {
    const [{ receivedMessages }] = await open.subscriber.pull({ subscription, maxMessages: 1 });
    expect(receivedMessages?.[0]?.deliveryAttempt).toBe(attempt);
    const ackIds = [receivedMessages?.[0]?.ackId ?? ''];
    await open.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds: 0 });
  }
  // Google's forwards when the next pull looks for the message.
  await until('an empty subscription', async () => (await open.pull(subscription)).length === 0);
  expect((await open.drain(deadLetters, 1)).map(({ data }) => data)).toEqual(['bad']);
});

it('refuses a dead-letter topic that is not there', async () => {
  const deadLetterPolicy = { deadLetterTopic: `${open.topic}-not`, maxDeliveryAttempts: 5 };
  await expect(open.subscribe('nowhere', { deadLetterPolicy })).rejects.toMatchObject({ code: status.NOT_FOUND });
});
