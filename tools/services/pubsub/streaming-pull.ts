import type { protos } from '@google-cloud/pubsub';
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { type InjectedFault, injectFault } from '../grpc/fault.ts';
import { invalidArgument, toStatus } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import type { Lease } from './message.ts';
import { leaseToPuller, received } from './pull.ts';
import { checkSize } from './request-size.ts';
import { expectRange } from './resource.ts';
import type { Subscription } from './subscription.ts';

type Request = protos.google.pubsub.v1.StreamingPullRequest;

// How many messages go into one response, and may be out where the client sets no limit.
const MAX_BATCH = 100;
const MAX_OUTSTANDING = 1_000;

/** `StreamingPull`: what `subscription.on('message')` of the client libraries runs on. */
export function streamingPull(
  broker: Broker,
  faultFor: (first: Request) => InjectedFault | undefined,
  closing: AbortSignal,
): handleBidiStreamingCall<Request, object> {
  return (call) => {
    const over = new AbortController();
    let stream: Stream | undefined;
    const fail = (error: unknown): void => {
      if (!over.signal.aborted) call.emit('error', toStatus(error));
    };
    const open = async (first: Request): Promise<void> => {
      call.pause();
      const fault = faultFor(first);
      if (fault) await injectFault(fault, AbortSignal.any([over.signal, closing]));
      if (over.signal.aborted) return;
      stream = new Stream(broker.subscription(first.subscription), first);
      call.resume();
      await stream.send(call, over.signal);
    };
    call.on('data', (request: Request) => {
      try {
        checkSize('StreamingPull', request);
        if (stream) stream.next(request);
        else open(request).catch(fail);
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
  #deadlineSeconds: number;

  constructor(subscription: Subscription, first: Request) {
    leaseToPuller(subscription, 0, 0);
    this.#subscription = subscription;
    const [messages, bytes] = [Number(first.maxOutstandingMessages), Number(first.maxOutstandingBytes)];
    this.#limits = {
      messages: messages > 0 ? messages : MAX_OUTSTANDING,
      bytes: bytes > 0 ? bytes : Number.POSITIVE_INFINITY,
    };
    this.#deadlineSeconds = checkDeadline(first.streamAckDeadlineSeconds);
    this.#settle(first);
  }

  /** Carries out a request after the first. */
  next(request: Request): void {
    if (request.subscription) throw invalidArgument('The subscription can be given in the first request only.');
    if (request.streamAckDeadlineSeconds) this.#deadlineSeconds = checkDeadline(request.streamAckDeadlineSeconds);
    this.#settle(request);
  }

  /**
   * Sends messages until the stream is over; what is out then is delivered again when its deadline has passed.
   *
   * @throws RpcError when the subscription is deleted or switched to push
   */
  async send(call: ServerDuplexStream<Request, object>, over: AbortSignal): Promise<void> {
    call.write({ subscriptionProperties: { exactlyOnceDeliveryEnabled: false, messageOrderingEnabled: false } });
    while (!over.aborted) {
      const leases = leaseToPuller(this.#subscription, this.#room(), this.#deadlineSeconds);
      if (leases.length > 0) {
        this.#outstanding.push(...leases);
        call.write({ receivedMessages: leases.map((lease) => received(lease, this.#subscription)) });
        // Lets other streams wait ahead of this one, so that they share the messages.
        await undefined;
      } else {
        // Rejects once the stream is over.
        await this.#subscription.change(over).catch(() => {});
      }
    }
  }

  /** How many more messages the client takes now. */
  #room(): number {
    this.#outstanding = this.#outstanding.filter(({ open }) => open);
    const bytes = this.#outstanding.reduce((sum, { message }) => sum + message.bytes, 0);
    return bytes < this.#limits.bytes ? Math.min(this.#limits.messages - this.#outstanding.length, MAX_BATCH) : 0;
  }

  #settle({ ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds }: Request): void {
    if (modifyDeadlineSeconds.length !== modifyDeadlineAckIds.length) {
      throw invalidArgument('modify_deadline_seconds and modify_deadline_ack_ids differ in length.');
    }
    for (const ackId of ackIds) this.#subscription.acknowledge(ackId);
    for (const [index, ackId] of modifyDeadlineAckIds.entries()) {
      this.#subscription.modifyDeadline(ackId, modifyDeadlineSeconds[index] ?? 0);
    }
  }
}

function checkDeadline(seconds: number): number {
  return expectRange('stream_ack_deadline_seconds', seconds, 10, 600);
}
