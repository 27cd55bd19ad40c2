import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { InjectedFault } from '../grpc/fault.ts';
import { injectFault } from '../grpc/fault.ts';
import { invalidArgument, notFound, toStatus } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import type { Lease } from './lease.ts';
import { messageBytes } from './message.ts';
import { received, refusePush } from './pull.ts';
import type { StreamingPullRequest } from './requests.ts';
import type { Subscription } from './subscription.ts';

type Call = ServerDuplexStream<StreamingPullRequest, object>;

// How many messages go into one response, and may be out where the client sets no limit.
const MAX_BATCH = 100;
const MAX_OUTSTANDING = 1_000;

/**
 * `StreamingPull`: what `subscription.on('message')` of the client libraries runs on.
 *
 * @param check throws where a request is too large
 */
export function streamingPull(
  broker: Broker,
  check: (request: StreamingPullRequest) => void,
  faultFor: (request: StreamingPullRequest) => InjectedFault | undefined | Promise<InjectedFault | undefined>,
  closing: AbortSignal,
): handleBidiStreamingCall<StreamingPullRequest, object> {
  return (call) => {
    let stream: Stream | undefined;
    const over = new AbortController();
    const open = async (first: StreamingPullRequest): Promise<void> => {
      call.pause();
      const fault = await faultFor(first);
      if (fault) await injectFault(fault, AbortSignal.any([over.signal, closing]));
      if (over.signal.aborted) return;
      stream = new Stream(call, broker.subscription(first.subscription), first);
      call.resume();
    };
    const fail = (error: unknown): void => {
      call.emit('error', toStatus(error));
    };
    const stop = (): void => {
      over.abort();
      stream?.stop();
    };
    call.on('data', (request: StreamingPullRequest) => {
      try {
        check(request);
        if (stream) stream.next(request);
        else open(request).catch(fail);
      } catch (error) {
        fail(error);
      }
    });
    call.on('cancelled', stop).on('error', stop);
    call.on('end', () => {
      stop();
      call.end();
    });
  };
}

class Stream {
  readonly #call: Call;
  readonly #subscription: Subscription;
  readonly #limits: { messages: number; bytes: number };
  readonly #outstanding = { messages: 0, bytes: 0 };
  readonly #detach: () => void;
  #deadlineSeconds: number;
  #blocked = false;
  #stopped = false;

  constructor(call: Call, subscription: Subscription, first: StreamingPullRequest) {
    refusePush(subscription);
    this.#deadlineSeconds = checkDeadline(first.streamAckDeadlineSeconds);
    this.#call = call;
    this.#subscription = subscription;
    this.#limits = {
      messages: first.maxOutstandingMessages > 0 ? first.maxOutstandingMessages : MAX_OUTSTANDING,
      bytes: first.maxOutstandingBytes > 0 ? first.maxOutstandingBytes : Number.POSITIVE_INFINITY,
    };
    this.#settle(first);
    call.write({ subscriptionProperties: { exactlyOnceDeliveryEnabled: false, messageOrderingEnabled: false } });
    call.on('drain', () => {
      this.#blocked = false;
      this.#send();
    });
    this.#detach = subscription.attach({
      wake: () => this.#send(),
      end: () => this.#fail(notFound(subscription.config.name)),
    });
  }

  /** Carries out a request after the first. */
  next(request: StreamingPullRequest): void {
    if (request.subscription) throw invalidArgument('The subscription can be given in the first request only.');
    if (request.streamAckDeadlineSeconds) this.#deadlineSeconds = checkDeadline(request.streamAckDeadlineSeconds);
    this.#settle(request);
  }

  /** Sends no more; what is out is delivered again when its deadline has passed. */
  stop(): void {
    this.#stopped = true;
    this.#detach();
  }

  #settle({ ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds }: StreamingPullRequest): void {
    if (modifyDeadlineSeconds.length !== modifyDeadlineAckIds.length) {
      throw invalidArgument('modify_deadline_seconds and modify_deadline_ack_ids differ in length.');
    }
    for (const ackId of ackIds) this.#subscription.acknowledge(ackId);
    for (const [index, ackId] of modifyDeadlineAckIds.entries()) {
      this.#subscription.modifyDeadline(ackId, modifyDeadlineSeconds[index] ?? 0);
    }
  }

  #send(): void {
    try {
      // The settings may have changed to push since the stream opened.
      refusePush(this.#subscription);
    } catch (error) {
      this.#fail(error);
    }
    while (!this.#stopped && !this.#blocked) {
      const room = this.#limits.messages - this.#outstanding.messages;
      if (room <= 0 || this.#outstanding.bytes >= this.#limits.bytes) return;
      const leases = this.#subscription.lease({
        limit: Math.min(room, MAX_BATCH),
        deadlineSeconds: this.#deadlineSeconds,
        released: (lease) => {
          this.#count(lease, -1);
          this.#send();
        },
      });
      if (leases.length === 0) return;
      for (const lease of leases) this.#count(lease, 1);
      const receivedMessages = leases.map((lease) => received(lease, this.#subscription));
      this.#blocked = !this.#call.write({ receivedMessages });
    }
  }

  #fail(error: unknown): void {
    if (!this.#stopped) this.#call.emit('error', toStatus(error));
  }

  #count({ message }: Lease, sign: 1 | -1): void {
    this.#outstanding.messages += sign;
    this.#outstanding.bytes += sign * messageBytes(message);
  }
}

function checkDeadline(seconds: number): number {
  if (seconds >= 10 && seconds <= 600) return seconds;
  throw invalidArgument(`Invalid stream_ack_deadline_seconds given (${seconds}): expected 10 to 600.`);
}
