import { type CheckedSubscription, toMilliseconds } from './resource.ts';

/** How the time between two deliveries of a message grows. */
export interface BackoffGrowth {
  /** Each delay is this many times the one before. */
  factor: number;
  /** How far a delay may be off, as a share of it: 0.2 makes 8 to 12 s of 10 s. */
  jitter: number;
}

/**
 * As measured on Google's own emulator, 0.8.20: 0, 14, 21, 21 and 33 s at a minimum of 10 s.
 * Pub/Sub itself promises no more than "exponential", and doubling would flatter whatever has to
 * outlast an outage in a number of attempts.
 */
export const GOOGLE_GROWTH: BackoffGrowth = { factor: 1.3, jitter: 0.2 };

// Without a retry policy: https://cloud.google.com/pubsub/docs/push#push_backoff
const PUSH_LIMITS_MS = [100, 60_000] as const;

/**
 * Milliseconds until a message is delivered again. The first time nothing; then the minimum of the
 * retry policy, growing up to its maximum. Without a retry policy a push backs off from 100 ms to
 * 60 s, and a pull gets the message at once.
 *
 * @param failures deliveries so far, 1 or more
 */
export function redeliveryDelay(
  { retryPolicy, pushConfig }: CheckedSubscription,
  failures: number,
  { factor, jitter }: BackoffGrowth,
): number {
  if (failures === 1 || !(retryPolicy || pushConfig.pushEndpoint)) return 0;
  const [minimum, maximum] = retryPolicy
    ? [toMilliseconds(retryPolicy.minimumBackoff), toMilliseconds(retryPolicy.maximumBackoff)]
    : PUSH_LIMITS_MS;
  const spread = 1 + jitter * (2 * Math.random() - 1);
  return Math.min(minimum * factor ** (failures - 2), maximum) * spread;
}
