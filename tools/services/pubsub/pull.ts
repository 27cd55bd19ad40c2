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
  return (call) => {
    const over = new AbortController();
    let stream: Stream | undefined;
    const fail = (error: unknown): void => {
      if (!over.signal.aborted) call.emit('error', toStatus(error));
    };
    const open = async (first: StreamRequest): Promise<void> => {
      call.pause();
      const fault = faultFor(first);
      if (fault) await injectFault(fault, over.signal);
      if (over.signal.aborted) return;
      stream = new Stream(broker.subscription(first.subscription), first);
      call.resume();
      await stream.send(call, over.signal);
    };
    call.on('data', (request: StreamRequest) => {
      try {
        checkSize('StreamingPull', request);
        if (!stream) return void open(request).catch(fail);
        if (request.subscription) throw invalidArgument('The subscription can be given in the first request only.');
        stream.carryOut(request);
      } catch (error) {
        fail(error);
      }
    });
    call.on('cancelled', () => over.abort()).on('error', () => over.abort());
    call.on('end', () => {
      over.abort();
      call.end();
    });
  };
}

class Stream {
  readonly #subscription: Subscription;
  readonly #limits: { readonly messages: number; readonly bytes: number };
  #outstanding: Lease[] = [];
  #deadlineSeconds = 0;

  constructor(subscription: Subscription, first: StreamRequest) {
    this.#subscription = subscription;
    const [messages, bytes] = [Number(first.maxOutstandingMessages), Number(first.maxOutstandingBytes)];
    this.#limits = {
      messages: messages > 0 ? messages : MAX_OUTSTANDING,
      bytes: bytes > 0 ? bytes : Number.POSITIVE_INFINITY,
    };
    leaseToPuller(subscription, 0, 0);
    this.carryOut(first);
  }

  /** Takes over the deadline, which the first request must have, and settles the deliveries that a request names. */
  carryOut({ ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds, streamAckDeadlineSeconds }: StreamRequest): void {
    if (modifyDeadlineSeconds.length !== modifyDeadlineAckIds.length) {
      throw invalidArgument('modify_deadline_seconds and modify_deadline_ack_ids differ in length.');
    }
    if (streamAckDeadlineSeconds !== 0 || this.#deadlineSeconds === 0) {
      expectRange('stream_ack_deadline_seconds', streamAckDeadlineSeconds, 10, 600);
      this.#deadlineSeconds = streamAckDeadlineSeconds;
    }
    for (const ackId of ackIds) this.#subscription.acknowledge(ackId);
    for (const [index, ackId] of modifyDeadlineAckIds.entries()) {
      this.#subscription.modifyDeadline(ackId, modifyDeadlineSeconds[index] ?? 0);
    }
  }

  /**
   * Sends messages until the stream is over; what is out then is delivered again when its deadline has passed.
   *
   * @throws RpcError when the subscription is deleted or switched to push
   */
  async send(call: ServerDuplexStream<StreamRequest, object>, over: AbortSignal): Promise<void> {
    const take = () => leaseToPuller(this.#subscription, this.#room(), this.#deadlineSeconds);
    call.write({ subscriptionProperties: { exactlyOnceDeliveryEnabled: false, messageOrderingEnabled: false } });
    while (!over.aborted) {
      // Other streams that wait get ahead of this one meanwhile, so that they share the messages.
      const leases = await this.#subscription.poll(take, over);
      this.#outstanding.push(...leases);
      if (leases.length > 0) call.write(received(leases, this.#subscription));
    }
  }

  /** How many more messages the client takes now. */
  #room(): number {
    this.#outstanding = this.#outstanding.filter(({ ackId }) => this.#subscription.isLeased(ackId));
    const bytes = this.#outstanding.reduce((sum, { message }) => sum + message.bytes, 0);
    return bytes < this.#limits.bytes ? Math.min(this.#limits.messages - this.#outstanding.length, MAX_BATCH) : 0;
  }
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
