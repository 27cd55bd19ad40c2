import { Code, invalidArgument, notFound, RpcError } from '../grpc/rpc-error.ts';
import type { Lease } from './lease.ts';
import { toPubsubMessage } from './message.ts';
import type { ReceivedMessage, SubscriberRequests } from './requests.ts';
import type { Subscription } from './subscription.ts';

// Pub/Sub waits "a bounded time" before it answers a pull with nothing; short, since local tools wait it out.
const PULL_WAIT_MS = 2_000;
const MAX_MESSAGES = 1_000;

/**
 * Answers a pull: at once if messages are ready, else with the first that come, else empty.
 *
 * @throws RpcError INVALID_ARGUMENT for a bad limit, FAILED_PRECONDITION on a push subscription
 */
export async function pull(
  subscription: Subscription,
  { maxMessages, returnImmediately }: SubscriberRequests['Pull'],
  signal: AbortSignal,
): Promise<{ receivedMessages: ReceivedMessage[] }> {
  if (maxMessages <= 0) throw invalidArgument(`Invalid max_messages given (${maxMessages}): expected 1 or more.`);
  const lease = (): Lease[] => {
    refusePush(subscription);
    const deadlineSeconds = subscription.config.ackDeadlineSeconds;
    return subscription.lease({ limit: Math.min(maxMessages, MAX_MESSAGES), deadlineSeconds });
  };
  let leases = lease();
  if (leases.length === 0 && !returnImmediately) leases = await firstLeases(subscription, lease, signal);
  return { receivedMessages: leases.map((lease) => received(lease, subscription)) };
}

/** @throws RpcError FAILED_PRECONDITION if the subscription pushes */
export function refusePush({ config }: Subscription): void {
  if (config.pushConfig?.pushEndpoint) {
    throw new RpcError(Code.FAILED_PRECONDITION, 'This method is not supported for push subscriptions.');
  }
}

/** A delivery as pull and streaming pull send it. */
export function received({ ackId, message, attempt }: Lease, { config }: Subscription): ReceivedMessage {
  return { ackId, message: toPubsubMessage(message), deliveryAttempt: config.deadLetterPolicy ? attempt : 0 };
}

/** Waits for messages, for a bounded time; ends early when the caller gives up or the subscription is gone. */
function firstLeases(subscription: Subscription, lease: () => Lease[], signal: AbortSignal): Promise<Lease[]> {
  return new Promise((resolve, reject) => {
    const over = AbortSignal.any([signal, AbortSignal.timeout(PULL_WAIT_MS)]);
    const finish = (settle: () => void): void => {
      detach();
      settle();
    };
    const wake = (): void => {
      try {
        const leases = lease();
        if (leases.length > 0) finish(() => resolve(leases));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const end = (): void => finish(() => reject(notFound(subscription.config.name)));
    const detach = subscription.attach({ wake, end });
    over.addEventListener('abort', () => finish(() => resolve([])), { once: true });
  });
}
