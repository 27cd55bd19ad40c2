import { type Endpoint, gapsBetween, openEndpoint, openPubSub, type Push, until } from './open-pubsub.ts';

const open = await openPubSub();
let endpoint: Endpoint;

afterEach(() => endpoint.close());

afterAll(() => open.close());

async function push(id: string, answer: (push: Push, count: number) => number, settings = {}): Promise<string> {
  endpoint = await openEndpoint(answer);
  return open.subscribe(id, { pushConfig: { pushEndpoint: endpoint.url }, ...settings });
}

/** The pushes stop, so that a second one would have been seen. */
const quiet = () => new Promise((resolve) => setTimeout(resolve, 1_500));

it('posts the envelope with both spellings of the ids', async () => {
  const subscription = await push('envelope', () => 204);
  const [messageId] = await open.publish({ data: 'é>?~', attributes: { k: 'v' } });
  await until('a push', () => endpoint.pushes.length === 1);
  const publishTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(endpoint.pushes[0]?.body).toEqual({
    message: {
      data: 'w6k+P34=',
      attributes: { k: 'v' },
      messageId,
      message_id: messageId,
      publishTime,
      publish_time: publishTime,
    },
    subscription,
  });
});

// Google's emulator delivers again after 202, which Pub/Sub's documentation calls an acknowledgement.
it.each([200, 201, 204])('takes %i as an acknowledgement', async (code) => {
  await push(`acknowledged-${code}`, () => code);
  await open.publish({ data: 'x' });
  await until('a push', () => endpoint.pushes.length === 1);
  await quiet();
  expect(endpoint.pushes).toHaveLength(1);
});

it.each([400, 401, 404, 429, 500, 503])('takes %i as a refusal and delivers again', async (code) => {
  await push(`refused-${code}`, (_push, count) => (count === 1 ? code : 204));
  const [messageId] = await open.publish({ data: 'x' });
  await until('two pushes', () => endpoint.pushes.length === 2);
  expect(endpoint.pushes.map(({ body }) => body.message.messageId)).toEqual([messageId, messageId]);
});

it('keeps a message while nothing listens, and follows the endpoint when it moves', async () => {
  const subscription = await push('moving', () => 204, { pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' } });
  await open.publish({ data: 'x' });
  await open.subscriber.modifyPushConfig({ subscription, pushConfig: { pushEndpoint: endpoint.url } });
  await until('a push', () => endpoint.pushes.length === 1);
});

it('backs off: the longer, the more deliveries have failed', async () => {
  const retryPolicy = { minimumBackoff: { seconds: 2 }, maximumBackoff: { seconds: 600 } };
  await push('backing-off', (_push, count) => (count === 4 ? 204 : 503), { retryPolicy });
  await open.publish({ data: 'x' });
  await until('four pushes', () => endpoint.pushes.length === 4);
  const gaps = gapsBetween(endpoint.pushes);
  // The first comes at once, give or take a second of Google's; the others no sooner than the minimum and its jitter.
  for (const [index, [least, most]] of [
    [0, 1_500],
    [1_500, 5_000],
    [2_000, 6_500],
  ].entries()) {
    expect(gaps[index]).toBeGreaterThanOrEqual(least ?? 0);
    expect(gaps[index]).toBeLessThan(most ?? 0);
  }
});
