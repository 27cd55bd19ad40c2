import type { SubscriptionConfig } from './resource.ts';
import { toMilliseconds } from './time.ts';

// The first step of Pub/Sub's own push backoff (100 ms to 60 s), which applies where there is no retry policy.
const PUSH_BACKOFF_MS = 100;

/**
 * Milliseconds until a refused message is delivered again: with a retry policy its minimum, doubled with each attempt, up
 * to its maximum; without one 100 ms for a push, and nothing for a pull.
 *
 * @param attempt the delivery that was refused, 1 for the first
 */
export function redeliveryDelay({ retryPolicy, pushConfig }: SubscriptionConfig, attempt: number): number {
  if (!retryPolicy) return pushConfig?.pushEndpoint ? PUSH_BACKOFF_MS : 0;
  const minimum = toMilliseconds(retryPolicy.minimumBackoff ?? { seconds: 10 });
  const maximum = toMilliseconds(retryPolicy.maximumBackoff ?? { seconds: 600 });
  return Math.min(minimum * 2 ** (attempt - 1), maximum);
}
