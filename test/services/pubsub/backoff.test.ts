import { type BackoffGrowth, GOOGLE_GROWTH, redeliveryDelay } from '../../../tools/services/pubsub/backoff.ts';
import { checkSubscription } from '../../../tools/services/pubsub/resource.ts';

const NAMES = { name: 'projects/p/subscriptions/sub', topic: 'projects/p/topics/top' };
const PUSH = { pushConfig: { pushEndpoint: 'http://127.0.0.1/' } };
const seconds = (count: number) => ({ seconds: Math.floor(count), nanos: (count % 1) * 1e9 });
const policy = (minimum: number, maximum: number) => ({
  retryPolicy: { minimumBackoff: seconds(minimum), maximumBackoff: seconds(maximum) },
});
const DOUBLING = { factor: 2, jitter: 0 };
const delayAfter = (settings: object, failures: number, growth: BackoffGrowth) =>
  redeliveryDelay(checkSubscription({ ...NAMES, ...settings }), failures, growth);

it.each([
  ['a pull subscription', {}, [0, 0, 0, 0]],
  ['a push subscription', PUSH, [0, 100, 200, 400]],
  ['a retry policy without times', { retryPolicy: {} }, [0, 10_000, 20_000, 40_000]],
  ['a push subscription with a retry policy', { ...PUSH, retryPolicy: {} }, [0, 10_000, 20_000, 40_000]],
  ['a maximum', policy(1.5, 5), [0, 1_500, 3_000, 5_000]],
  ['no waiting at all', policy(0, 0), [0, 0, 0, 0]],
])('%s: first at once, then doubled where told so', (_case, settings, delays) => {
  expect([1, 2, 3, 4].map((failures) => delayAfter(settings, failures, DOUBLING))).toEqual(delays);
});

it.each([
  ['a retry policy', { retryPolicy: {} }, 600_000],
  ['a push without one', PUSH, 60_000],
])('%s stays at its maximum however often a message fails', (_case, settings, maximum) => {
  expect(delayAfter(settings, 100, DOUBLING)).toBe(maximum);
});

it('grows 1.3 times with jitter unless told otherwise', () => {
  const delays = Array.from({ length: 200 }, () => delayAfter({ retryPolicy: {} }, 4, GOOGLE_GROWTH));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(16_900 * 0.8);
  expect(Math.max(...delays)).toBeLessThanOrEqual(16_900 * 1.2);
  expect(new Set(delays).size).toBeGreaterThan(100);
});

// In Terraform: 30 deliveries with 10 s to 600 s between them. See terraform/variables.tf.
it.each([
  ["as on Google's emulator", 1.3, '2 h 36 min'],
  ['doubling', 2, '3 h 50 min'],
])('30 deliveries last over two hours, growing %s', (_case, factor, lasts) => {
  const gaps = Array.from({ length: 29 }, (_, index) =>
    delayAfter({ retryPolicy: {} }, index + 1, { factor, jitter: 0 }),
  );
  const minutes = Math.floor(gaps.reduce((sum, gap) => sum + gap) / 60_000);
  expect(`${Math.floor(minutes / 60)} h ${minutes % 60} min`).toBe(lasts);
});
