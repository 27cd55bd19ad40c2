import { redeliveryDelay } from '../../../tools/services/pubsub/backoff.ts';

const NAMES = { name: 'projects/p/subscriptions/sub', topic: 'projects/p/topics/top' };

it.each([
  ['a pull subscription', {}, [0, 0, 0]],
  ['a push subscription', { pushConfig: { pushEndpoint: 'http://127.0.0.1/' } }, [100, 100, 100]],
  ['a retry policy without times', { retryPolicy: {} }, [10_000, 20_000, 40_000]],
  [
    'a maximum',
    { retryPolicy: { minimumBackoff: { seconds: 1, nanos: 5e8 }, maximumBackoff: { seconds: 5 } } },
    [1_500, 3_000, 5_000],
  ],
  ['no waiting at all', { retryPolicy: { minimumBackoff: { seconds: 0 }, maximumBackoff: { seconds: 0 } } }, [0, 0, 0]],
])('%s', (_case, settings, delays) => {
  expect([1, 2, 3].map((attempt) => redeliveryDelay({ ...NAMES, ...settings }, attempt))).toEqual(delays);
});

it('stays at the maximum however often a message fails', () => {
  expect(redeliveryDelay({ ...NAMES, retryPolicy: {} }, 100)).toBe(600_000);
});
