import { Code, invalidArgument, RpcError } from '../grpc/rpc-error.ts';
import type { Lease } from './lease.ts';
import { toWire } from './message.ts';
import type { ReceivedMessage, SubscriberRequests } from './requests.ts';
import type { Subscription } from './subscription.ts';

// Pub/Sub waits "a bounded time" before it answers a pull with nothing; short, since local tools wait it out.
const PULL_WAIT_MS = 2_000;

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
  refusePush(subscription);
  const take = (): Lease[] => subscription.lease(Math.min(maxMessages, 1_000), subscription.config.ackDeadlineSeconds);
  let leases = take();
  if (leases.length === 0 && !returnImmediately) leases = await firstTaken(subscription, take, signal);
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
  return { ackId, message: toWire(message), deliveryAttempt: config.deadLetterPolicy ? attempt : 0 };
}

function firstTaken(subscription: Subscription, take: () => Lease[], signal: AbortSignal): Promise<Lease[]> {
  return new Promise((resolve) => {
    let detach = (): void => undefined;
    const finish = (leases: Lease[]): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      detach();
      resolve(leases);
    };
    const giveUp = (): void => finish([]);
    const timer = setTimeout(giveUp, PULL_WAIT_MS);
    signal.addEventListener('abort', giveUp);
    detach = subscription.attach({ wake: () => finish(take()), end: giveUp });
  });
}
