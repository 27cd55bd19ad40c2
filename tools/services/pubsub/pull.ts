import type { protos } from '@google-cloud/pubsub';
import { Code, invalidArgument, notFound, RpcError } from '../grpc/rpc-error.ts';
import type { Lease } from './message.ts';
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
  { maxMessages, returnImmediately }: protos.google.pubsub.v1.PullRequest,
  signal: AbortSignal,
): Promise<{ receivedMessages: object[] }> {
  if (maxMessages <= 0) throw invalidArgument(`Invalid max_messages given (${maxMessages}): expected 1 or more.`);
  const over = returnImmediately ? AbortSignal.abort() : AbortSignal.any([signal, AbortSignal.timeout(PULL_WAIT_MS)]);
  while (!signal.aborted) {
    const { ackDeadlineSeconds } = subscription.config;
    const leases = leaseToPuller(subscription, Math.min(maxMessages, MAX_MESSAGES), ackDeadlineSeconds);
    if (leases.length > 0 || over.aborted) {
      return { receivedMessages: leases.map((lease) => received(lease, subscription)) };
    }
    // Rejects once the wait is over.
    await subscription.change(over).catch(() => {});
  }
  return { receivedMessages: [] };
}

/**
 * Hands out ready messages to somebody who must answer within the deadline.
 *
 * @throws RpcError NOT_FOUND if the subscription was deleted, FAILED_PRECONDITION if it pushes
 */
export function leaseToPuller(subscription: Subscription, limit: number, deadlineSeconds: number): Lease[] {
  const { closed, config } = subscription;
  if (closed) throw notFound(config.name);
  if (config.pushConfig.pushEndpoint) {
    throw new RpcError(Code.FAILED_PRECONDITION, 'This method is not supported for push subscriptions.');
  }
  const leases = subscription.lease(limit);
  for (const { ackId } of leases) subscription.modifyDeadline(ackId, deadlineSeconds);
  return leases;
}

/** A delivery as pull and streaming pull send it: a `google.pubsub.v1.ReceivedMessage`. */
export function received({ ackId, message, attempt }: Lease, { config }: Subscription): object {
  const { messageId, publishTime, data, attributes, orderingKey } = message;
  const ms = publishTime.getTime();
  const timestamp = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
  return {
    ackId,
    message: { data, attributes, messageId, publishTime: timestamp, orderingKey },
    deliveryAttempt: config.deadLetterPolicy ? attempt : 0,
  };
}
