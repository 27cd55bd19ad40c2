import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { Fault } from '../grpc/fault.ts';
import { strike } from '../grpc/fault.ts';
import { invalidArgument, notFound, toStatus } from '../grpc/rpc-error.ts';
import type { Broker } from './broker.ts';
import type { Lease } from './lease.ts';
import { received, refusePush } from './pull.ts';
import type { StreamingPullRequest } from './requests.ts';
import type { Subscription } from './subscription.ts';

type Call = ServerDuplexStream<StreamingPullRequest, object>;

// How many messages go into one response, and may be out where the client sets no limit.
const MAX_BATCH = 100;
const MAX_OUTSTANDING = 1_000;

/** `StreamingPull`: what `subscription.on('message')` of the client libraries runs on. */
export function streamingPull(
  broker: Broker,
  faultFor: (request: StreamingPullRequest) => Fault | undefined | Promise<Fault | undefined>,
  closing: AbortSignal,
): handleBidiStreamingCall<StreamingPullRequest, object> {
  return (call) => {
    let stream: Stream | undefined;
    const over = new AbortController();
    const open = async (first: StreamingPullRequest): Promise<void> => {
      call.pause();
      const fault = await faultFor(first);
      if (fault) await strike(fault, AbortSignal.any([over.signal, closing]));
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
      if (!stream) return void open(request).catch(fail);
      try {
        stream.settle(request);
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
    call.write({ subscriptionProperties: { exactlyOnceDeliveryEnabled: false, messageOrderingEnabled: false } });
    call.on('drain', () => {
      this.#blocked = false;
      this.#send();
    });
    this.#detach = subscription.attach({
      wake: () => this.#send(),
      end: () => call.emit('error', toStatus(notFound(subscription.config.name))),
    });
  }

  /** Carries out the acknowledgements and deadlines that a request brings. */
  settle(request: StreamingPullRequest): void {
    if (request.subscription) throw invalidArgument('The subscription can be given in the first request only.');
    if (request.modifyDeadlineSeconds.length !== request.modifyDeadlineAckIds.length) {
      throw invalidArgument('modify_deadline_seconds and modify_deadline_ack_ids differ in length.');
    }
    if (request.streamAckDeadlineSeconds) this.#deadlineSeconds = checkDeadline(request.streamAckDeadlineSeconds);
    for (const ackId of request.ackIds) this.#subscription.acknowledge(ackId);
    for (const [at, ackId] of request.modifyDeadlineAckIds.entries()) {
      this.#subscription.modifyDeadline(ackId, request.modifyDeadlineSeconds[at] ?? 0);
    }
  }

  /** Takes no more messages; what is out comes again when its deadline has passed. */
  stop(): void {
    this.#stopped = true;
    this.#detach();
  }

  #send(): void {
    while (!this.#stopped && !this.#blocked) {
      const room = this.#limits.messages - this.#outstanding.messages;
      if (room <= 0 || this.#outstanding.bytes >= this.#limits.bytes) return;
      const leases = this.#subscription.lease(Math.min(room, MAX_BATCH), this.#deadlineSeconds, (lease) => {
        this.#count(lease, -1);
        this.#send();
      });
      if (leases.length === 0) return;
      for (const lease of leases) this.#count(lease, 1);
      const receivedMessages = leases.map((lease) => received(lease, this.#subscription));
      this.#blocked = !this.#call.write({ receivedMessages });
    }
  }

  #count({ message }: Lease, sign: 1 | -1): void {
    this.#outstanding.messages += sign;
    this.#outstanding.bytes += sign * message.data.length;
  }
}

function checkDeadline(seconds: number): number {
  if (seconds >= 10 && seconds <= 600) return seconds;
  throw invalidArgument(`Invalid stream_ack_deadline_seconds given (${seconds}): expected 10 to 600.`);
}
