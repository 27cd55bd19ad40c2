import type { InjectedFault, Intercept } from '../../../tools/services/grpc/fault.ts';
import { Code } from '../../../tools/services/grpc/rpc-error.ts';
import type { PubSubRequests } from '../../../tools/services/pubsub/methods.ts';
import type { Fixture } from './emulator-fixture.ts';
import { openFixture, until } from './emulator-fixture.ts';

const TOPIC = 'projects/p/topics/events';

let fixture: Fixture;
let intercept: Intercept<PubSubRequests>;

beforeEach(async () => {
  intercept = () => undefined;
  fixture = await openFixture({ intercept: (call) => intercept(call) });
});

afterEach(() => fixture.close());

/** One publish without retries, given up after 1 s: the code it ends with, and how many messages are there. */
async function outcome(fault: InjectedFault): Promise<[Code, number]> {
  // Connects, so that the second is the publish's own.
  await fixture.publisher.getTopic({ topic: TOPIC });
  intercept = ({ method }) => (method === 'Publish' ? fault : undefined);
  const messages = [{ data: Buffer.from('x') }];
  const code = await fixture.publisher.publish({ topic: TOPIC, messages }, { timeout: 1_000, retry: null }).then(
    () => Code.OK,
    (error: { code: Code }) => error.code,
  );
  return [code, fixture.emulator.published(TOPIC).length];
}

it.each<[string, InjectedFault, [Code, number]]>([
  ['fails before', { fail: Code.UNAVAILABLE }, [Code.UNAVAILABLE, 0]],
  ['fails after', { fail: Code.UNAVAILABLE, committed: true }, [Code.UNAVAILABLE, 1]],
  ['hangs before', { hang: true }, [Code.DEADLINE_EXCEEDED, 0]],
  ['hangs after', { hang: true, committed: true }, [Code.DEADLINE_EXCEEDED, 1]],
  ['is late, but in time', { delayMs: 20 }, [Code.OK, 1]],
  ['comes too late to take effect', { delayMs: 60_000 }, [Code.DEADLINE_EXCEEDED, 0]],
  ['takes effect, and is confirmed too late', { delayMs: 60_000, committed: true }, [Code.DEADLINE_EXCEEDED, 1]],
])('a publish that %s', async (_case, fault, expected) => {
  expect(await outcome(fault)).toEqual(expected);
});

it('sees the request, so that a fault can pick its message', async () => {
  const topic = fixture.client.topic(TOPIC);
  intercept = (call) =>
    call.method === 'Publish' && call.request.messages.some(({ attributes }) => attributes?.['webhookId'] === 'msg_2')
      ? { fail: Code.PERMISSION_DENIED, details: 'not this one' }
      : undefined;
  await topic.publishMessage({ attributes: { webhookId: 'msg_1' } });
  const refused = topic.publishMessage({ attributes: { webhookId: 'msg_2' } });
  await expect(refused).rejects.toMatchObject({ code: Code.PERMISSION_DENIED, details: 'not this one' });
  expect(fixture.emulator.published(TOPIC)).toHaveLength(1);
});

it('strikes a streaming pull when it opens', async () => {
  const subscription = fixture.client.subscription('streamed');
  fixture.emulator.createSubscription({ name: 'projects/p/subscriptions/streamed', topic: TOPIC });
  intercept = ({ method }) => (method === 'StreamingPull' ? { fail: Code.PERMISSION_DENIED } : undefined);
  const error = await new Promise((resolve) => {
    subscription.on('error', resolve);
    subscription.on('message', () => undefined);
  });
  await subscription.close();
  expect(error).toMatchObject({ code: Code.PERMISSION_DENIED });
});

it('answers INTERNAL with the stack when the interceptor throws', async () => {
  intercept = () => {
    throw new TypeError('a bug in the test');
  };
  const call = fixture.publisher.getTopic({ topic: TOPIC }, { retry: null });
  await expect(call).rejects.toMatchObject({
    code: Code.INTERNAL,
    details: expect.stringContaining('a bug in the test'),
  });
});

it('closes at once with calls hanging', async () => {
  let arrived = false;
  intercept = () => {
    arrived = true;
    return { hang: true };
  };
  const cut = fixture.publisher.publish({ topic: TOPIC, messages: [{ data: Buffer.from('x') }] }, { retry: null });
  const failed = expect(cut).rejects.toHaveProperty('code');
  await until('the call', () => arrived);
  await fixture.emulator.close();
  await failed;
});
