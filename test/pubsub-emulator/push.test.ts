import { provision } from '../../tools/pubsub-emulator/provision.ts';
import type { Endpoint, Fixture, Push } from './emulator-fixture.ts';
import { openEndpoint, openFixture, until } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';
const DEAD_TOPIC = 'projects/p/topics/dead';
const SUBSCRIPTION = 'projects/p/subscriptions/push';
const DEAD_SUBSCRIPTION = 'projects/p/subscriptions/dead-pull';

let fixture: Fixture;
let endpoint: Endpoint;

async function open(answer: (push: Push) => number | undefined, options: Parameters<typeof openFixture>[0] = {}) {
  endpoint = await openEndpoint(answer);
  fixture = await openFixture({ timeScale: 0.001, ...options });
  await provision(fixture.emulator, {
    topic: TOPIC,
    subscription: SUBSCRIPTION,
    pushEndpoint: endpoint.url,
    deadLetterTopic: DEAD_TOPIC,
    deadLetterSubscription: DEAD_SUBSCRIPTION,
  });
}

afterEach(async () => {
  await fixture.close();
  endpoint.close();
});

function deliveries() {
  return fixture.events.flatMap((event) =>
    event.type === 'delivered'
      ? [{ attempt: event.attempt, acknowledged: event.acknowledged, answer: event.answer }]
      : [],
  );
}

it('posts the envelope Pub/Sub posts', async () => {
  await open(() => 204);
  const messageId = await fixture.client
    .topic(TOPIC)
    .publishMessage({ data: Buffer.from('é>?~'), attributes: { k: 'v' } });
  await until('an acknowledgement', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  const [message] = fixture.emulator.published(TOPIC);
  const publishTime = message?.publishTime.toISOString();
  expect(endpoint.pushes).toHaveLength(1);
  expect(endpoint.pushes[0]?.body).toEqual({
    message: {
      data: 'w6k+P34=',
      attributes: { k: 'v' },
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
    },
    subscription: SUBSCRIPTION,
    deliveryAttempt: 1,
  });
  expect(endpoint.pushes[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'CloudPubSub-Google',
  });
});

it('leaves out data, attributes and deliveryAttempt where there are none', async () => {
  await open(() => 200);
  const plain = 'projects/p/subscriptions/plain';
  fixture.emulator.createSubscription({ name: plain, topic: TOPIC, pushConfig: { pushEndpoint: endpoint.url } });
  fixture.emulator.publish(TOPIC, { attributes: { only: 'this' } }, { data: 'alone' });
  await until('both messages', () => fixture.emulator.backlog(plain) === 0);
  const bodies = endpoint.pushes.map(({ body }) => body).filter(({ subscription }) => subscription === plain);
  expect(bodies.map((body) => Object.keys(body))).toEqual([
    ['message', 'subscription'],
    ['message', 'subscription'],
  ]);
  expect(bodies.map(({ message }) => [message.data, message.attributes])).toEqual([
    [undefined, { only: 'this' }],
    ['YWxvbmU=', undefined],
  ]);
});

it.each([200, 201, 202, 204])('takes %i as an acknowledgement', async (status) => {
  await open(() => status);
  fixture.emulator.publish(TOPIC, { data: 'x' });
  await until('an acknowledgement', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  expect(deliveries()).toEqual([{ attempt: 1, acknowledged: true, answer: status }]);
});

it.each([203, 206, 302, 400, 401, 404, 429, 500, 503])('takes %i as a refusal and delivers again', async (status) => {
  await open(({ body }) => (body.deliveryAttempt === 1 ? status : 204));
  fixture.emulator.publish(TOPIC, { data: 'x' });
  await until('an acknowledgement', () => fixture.emulator.backlog(SUBSCRIPTION) === 0);
  expect(deliveries()).toEqual([
    { attempt: 1, acknowledged: false, answer: status },
    { attempt: 2, acknowledged: true, answer: 204 },
  ]);
});
