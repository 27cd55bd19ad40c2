import type { BackoffGrowth } from '../../../tools/services/pubsub/backoff.ts';
import { gapsBetween } from '../../conformance/open-pubsub.ts';
import { NAMES, openPush, until } from './emulator-fixture.ts';

let open: Awaited<ReturnType<typeof openPush>>;

afterEach(() => open.close());

async function settled(): Promise<void> {
  await until('an empty backlog', () => open.emulator.backlog(NAMES.subscription) === 0);
}

it('says the attempt under a dead-letter policy, and who posts', async () => {
  open = await openPush(() => 204);
  open.emulator.publish(NAMES.topic, { data: 'x' });
  await settled();
  expect(open.endpoint.pushes[0]?.body.deliveryAttempt).toBe(1);
  expect(open.endpoint.pushes[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'CloudPubSub-Google',
  });
});

it('leaves out data, attributes and deliveryAttempt where there are none', async () => {
  open = await openPush(() => 200);
  const name = 'projects/p/subscriptions/plain';
  open.emulator.createSubscription({ name, topic: NAMES.topic, pushConfig: { pushEndpoint: open.endpoint.url } });
  open.emulator.publish(NAMES.topic, { attributes: { only: 'this' } }, { data: 'alone' });
  await until('both messages', () => open.emulator.backlog(name) === 0);
  const bodies = open.endpoint.pushes.map(({ body }) => body).filter(({ subscription }) => subscription === name);
  expect(bodies.flatMap((body) => Object.keys(body))).toEqual(['message', 'subscription', 'message', 'subscription']);
  expect(bodies.map(({ message }) => message.data)).toEqual(expect.arrayContaining([undefined, 'YWxvbmU=']));
  expect(bodies.map(({ message }) => message.attributes)).toEqual(
    expect.arrayContaining([undefined, { only: 'this' }]),
  );
});

it.each([200, 202, 204])('takes %i as an acknowledgement', async (status) => {
  open = await openPush(() => status);
  open.emulator.publish(NAMES.topic, { data: 'x' });
  await settled();
  expect(open.deliveries()).toEqual([{ attempt: 1, acknowledged: true, answer: status }]);
});

it.each([203, 206, 302, 500])('takes %i as a refusal and delivers again', async (status) => {
  open = await openPush(({ body }) => (body.deliveryAttempt === 1 ? status : 204));
  open.emulator.publish(NAMES.topic, { data: 'x' });
  await settled();
  expect(open.deliveries()).toEqual([
    { attempt: 1, acknowledged: false, answer: status },
    { attempt: 2, acknowledged: true, answer: 204 },
  ]);
});

it('bounds a push by the ack deadline and delivers again', async () => {
  const answer = ({ body }: { body: { deliveryAttempt?: number } }) => (body.deliveryAttempt === 1 ? undefined : 204);
  open = await openPush(answer, { ackDeadlineScale: 0.01 });
  open.emulator.publish(NAMES.topic, { data: 'x' });
  await settled();
  expect(open.deliveries().map(({ answer }) => answer)).toEqual(['deadline exceeded', 204]);
  expect(gapsBetween(open.endpoint.pushes)[0]).toBeGreaterThanOrEqual(90);
});

it('counts a connection that is refused as a delivery', async () => {
  open = await openPush(() => 204, { plan: { pushEndpoint: 'http://127.0.0.1:1/', maxDeliveryAttempts: 100 } });
  open.emulator.publish(NAMES.topic, { data: 'x' });
  await until('a refused connection', () => open.deliveries().length > 0);
  expect(open.deliveries()[0]).toEqual({ attempt: 1, acknowledged: false, answer: 'ECONNREFUSED' });
});

it.each<[string, BackoffGrowth | undefined, number[]]>([
  ['1.3 times with jitter', undefined, [0, 20, 26, 33.8]],
  ['twice where told so', { factor: 2, jitter: 0 }, [0, 25, 50, 100]],
])('backs off, growing %s', async (_how, backoff, leasts) => {
  open = await openPush(({ body }) => (body.deliveryAttempt === 5 ? 204 : 503), {
    timeScale: 0.01,
    ...(backoff && { backoff }),
    plan: { retryPolicy: { minimumBackoff: { seconds: 2, nanos: 5e8 } } },
  });
  open.emulator.publish(NAMES.topic, { data: 'x' });
  await settled();
  const gaps = gapsBetween(open.endpoint.pushes);
  expect(gaps).toHaveLength(4);
  // Timers never fire early by more than their rounding; how late they are is the machine's affair.
  for (const [index, least] of leasts.entries()) expect(gaps[index]).toBeGreaterThanOrEqual(least - 2);
});

it('lets no poison message block the others', async () => {
  open = await openPush(({ body }) => (body.message.attributes?.['poison'] ? 400 : 204), {
    timeScale: 1,
    plan: { retryPolicy: { minimumBackoff: { seconds: 600 } } },
  });
  const messages = Array.from({ length: 200 }, (_, n) => ({
    data: 'x',
    attributes: n % 2 ? { poison: '1' } : { n: `${n}` },
  }));
  open.emulator.publish(NAMES.topic, ...messages);
  await until('each good one, and the others twice', () => open.deliveries().length === 300);
  expect(open.deliveries().filter(({ acknowledged }) => acknowledged)).toHaveLength(100);
  expect(open.emulator.backlog(NAMES.subscription)).toBe(100);
});

it('keeps no more than 50 pushes in flight', async () => {
  open = await openPush(() => undefined);
  open.emulator.publish(NAMES.topic, ...Array.from({ length: 60 }, () => ({ data: 'x' })));
  await until('50 pushes', () => open.endpoint.pushes.length >= 50);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(open.endpoint.pushes).toHaveLength(50);
});

it('tells which subscription a filter kept a message from', async () => {
  const filter = 'attributes.colour = "red"';
  open = await openPush(() => 204, { plan: { filter } });
  const blue = { data: '1', attributes: { colour: 'blue' } };
  open.emulator.publish(NAMES.topic, blue, { data: '2', attributes: { colour: 'red' } });
  expect(open.events.filter(({ type }) => type === 'filtered')).toEqual([
    { type: 'filtered', subscription: NAMES.subscription, filter, message: open.emulator.published(NAMES.topic)[0] },
  ]);
  expect(open.emulator.backlog(NAMES.subscription)).toBe(1);
});
