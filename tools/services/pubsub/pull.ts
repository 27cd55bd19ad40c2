import { on } from 'node:events';
import type { protos } from '@google-cloud/pubsub';
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { type InjectedFault, injectFault } from '../grpc/fault.ts';
import { Code, invalidArgument, notFound, RpcError, toStatus } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import type { Lease } from './message.ts';
import { checkSize } from './request-size.ts';
import { expectRange } from './resource.ts';
import type { Subscription } from './subscription.ts';

/** Of a streaming pull, of which any but the first leaves out most. */
export type StreamRequest = protos.google.pubsub.v1.StreamingPullRequest;

// Pub/Sub waits "a bounded time" before it answers a pull with nothing; short, since local tools wait it out.
const PULL_WAIT_MS = 2_000;
const MAX_MESSAGES = 1_000;
// How many messages go into one response of a stream, and may be out where the client sets no limit.
const MAX_BATCH = 100;
const MAX_OUTSTANDING = 1_000;

/**
 * Answers a pull: at once if messages are ready, else with the first that come, else empty.
 *
 * @throws RpcError INVALID_ARGUMENT for a bad limit, FAILED_PRECONDITION on a push subscription
 */
export async function pull(
  subscription: Subscription,
  { maxMessages, returnImmediately }: protos.google.pubsub.v1.PullRequest,
  signal: AbortSignal,
): Promise<object> {
  if (maxMessages <= 0) throw invalidArgument(`Invalid max_messages given (${maxMessages}): expected 1 or more.`);
  const limit = Math.min(maxMessages, MAX_MESSAGES);
  const take = () => leaseToPuller(subscription, limit, subscription.config.ackDeadlineSeconds);
  const over = AbortSignal.any([signal, AbortSignal.timeout(PULL_WAIT_MS)]);
  return received(returnImmediately ? take() : await subscription.poll(take, over), subscription);
}

/** `StreamingPull`: what `subscription.on('message')` of the client libraries runs on. */
export function streamingPull(
  broker: Broker,
  faultFor: (first: StreamRequest) => InjectedFault | undefined,
): handleBidiStreamingCall<StreamRequest, object> {
  return async (call) => {
    const over = new AbortController();
    const { signal } = over;
    call.on('cancelled', () => over.abort());
    let carryOut: ((request: StreamRequest) => void) | undefined;
    try {
      for await (const [request] of on(call, 'data', { close: ['end'], signal }) as AsyncIterable<[StreamRequest]>) {
        checkSize('StreamingPull', request);
        if (!carryOut) {
          const fault = faultFor(request);
          if (fault) await injectFault(fault, signal);
          carryOut = openStream(call, broker.subscription(request.subscription), request, over);
        } else if (request.subscription) {
          throw invalidArgument('The subscription can be given in the first request only.');
        } else {
          carryOut(request);
        }
      }
      call.end();
    } catch (error) {
      if (!call.cancelled) call.emit('error', toStatus(signal.aborted ? signal.reason : error));
    } finally {
      over.abort();
    }
  };
}

/**
 * Carries out the first request of a stream, and sends messages until the stream is over; what is out then is
 * delivered again when its deadline has passed. Ends it when the subscription is deleted or switched to push.
 *
 * @returns carries out each further request
 * @throws RpcError for a subscription or a request that is refused
 */
function openStream(
  call: ServerDuplexStream<StreamRequest, object>,
  subscription: Subscription,
  first: StreamRequest,
  over: AbortController,
): (request: StreamRequest) => void {
  const maxMessages = Number(first.maxOutstandingMessages) > 0 ? Number(first.maxOutstandingMessages) : MAX_OUTSTANDING;
  const maxBytes = Number(first.maxOutstandingBytes) > 0 ? Number(first.maxOutstandingBytes) : Number.POSITIVE_INFINITY;
  let outstanding: Lease[] = [];
  let deadlineSeconds = 0;
  const take = (): Lease[] => {
    outstanding = outstanding.filter(({ ackId }) => subscription.isLeased(ackId));
    const bytes = outstanding.reduce((sum, { message }) => sum + message.bytes, 0);
    const room = bytes < maxBytes ? Math.min(maxMessages - outstanding.length, MAX_BATCH) : 0;
    const leases = leaseToPuller(subscription, room, deadlineSeconds);
    outstanding.push(...leases);
    return leases;
  };
  const send = async (): Promise<void> => {
    call.write({ subscriptionProperties: { exactlyOnceDeliveryEnabled: false, messageOrderingEnabled: false } });
    while (!over.signal.aborted) {
      // Other streams that wait get ahead of this one meanwhile, so that they share the messages.
      const leases = await subscription.poll(take, over.signal);
      if (leases.length > 0) call.write(received(leases, subscription));
    }
  };
  const carryOut = (request: StreamRequest): void => {
    const { ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds, streamAckDeadlineSeconds } = request;
    if (modifyDeadlineSeconds.length !== modifyDeadlineAckIds.length) {
      throw invalidArgument('modify_deadline_seconds and modify_deadline_ack_ids differ in length.');
    }
    // The first request must have one.
    if (streamAckDeadlineSeconds !== 0 || deadlineSeconds === 0) {
      expectRange('stream_ack_deadline_seconds', streamAckDeadlineSeconds, 10, 600);
      deadlineSeconds = streamAckDeadlineSeconds;
    }
    for (const ackId of ackIds) subscription.acknowledge(ackId);
    for (const [index, ackId] of modifyDeadlineAckIds.entries()) {
      subscription.modifyDeadline(ackId, modifyDeadlineSeconds[index] ?? 0);
    }
  };
  leaseToPuller(subscription, 0, 0);
  carryOut(first);
  send().catch((error) => over.abort(error));
  return carryOut;
}

/**
 * Hands out ready messages to somebody who must answer within the deadline.
 *
 * @throws RpcError NOT_FOUND if the subscription was deleted, FAILED_PRECONDITION if it pushes
 */
function leaseToPuller(subscription: Subscription, limit: number, deadlineSeconds: number): Lease[] {
  const { closing, config } = subscription;
  if (closing.signal.aborted) throw notFound(config.name);
  if (config.pushConfig.pushEndpoint) {
    throw new RpcError(Code.FAILED_PRECONDITION, 'This method is not supported for push subscriptions.');
  }
  const leases = subscription.lease(limit);
  for (const { ackId } of leases) subscription.modifyDeadline(ackId, deadlineSeconds);
  return leases;
}

/** Deliveries as a pull and a stream answer them. */
function received(leases: readonly Lease[], { config }: Subscription): object {
  const receivedMessages = leases.map(({ ackId, message, attempt }) => {
    const { messageId, publishTime, data, attributes, orderingKey } = message;
    const ms = publishTime.getTime();
    const timestamp = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
    return {
      ackId,
      message: { data, attributes, messageId, publishTime: timestamp, orderingKey },
      deliveryAttempt: config.deadLetterPolicy ? attempt : 0,
    };
  });
  return { receivedMessages };
}
