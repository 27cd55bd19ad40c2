import { v1 } from '@google-cloud/pubsub';
import { grpcCode, grpcOptions } from '../../shared/grpc.ts';
import { type DeadLetter, type Message, readDeadLetter } from './dead-letter.ts';
import { type Action, asFailure } from './failure.ts';

/** What redriving needs of Pub/Sub: one subscription to take from, one topic to publish to. Every method throws `Failure`. */
export interface PubSub {
  /** Checks that both exist and can be reached, as far as the credentials may look. */
  lookUp(): Promise<Surroundings>;
  /** Up to 1,000 messages, each leased until it is acknowledged or given back; none where none came within `waitMs`. */
  take(waitMs: number): Promise<DeadLetter[]>;
  /** Settles when Pub/Sub has confirmed. */
  publish(message: Message): Promise<void>;
  acknowledge(deadLetters: readonly DeadLetter[]): Promise<void>;
  /** Ends the leases, so that others, or a later run, can take the messages at once. */
  giveBack(deadLetters: readonly DeadLetter[]): Promise<void>;
  close(): Promise<void>;
}

/** What is known of the subscription and the topic; each undefined where the credentials may not look it up. */
export interface Surroundings {
  /** Full name of the topic whose messages the dead-letter subscription holds. */
  readonly sourceTopic: string | undefined;
  /** Full names of the subscriptions that get every message on the target topic. */
  readonly subscribers: readonly string[] | undefined;
}

const PERMISSION_DENIED = 7;
const DEADLINE_EXCEEDED = 4;
/** Pub/Sub's limit for a pull. Its limit for an acknowledgement is 512 KiB, about 2,500 ids. */
const MAX_MESSAGES = 1_000;
/** Below the shortest ack deadline there is, 10 s, so that a publish ends while its message is still leased. */
const CALL_TIMEOUT_MS = 8_000;
const RETRY = {
  retry: {
    // CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE.
    retryCodes: [1, 2, 4, 8, 10, 13, 14],
    backoffSettings: {
      initialRetryDelayMillis: 100,
      retryDelayMultiplier: 2,
      maxRetryDelayMillis: 1_000,
      initialRpcTimeoutMillis: 2_000,
      rpcTimeoutMultiplier: 1,
      maxRpcTimeoutMillis: 2_000,
      totalTimeoutMillis: CALL_TIMEOUT_MS,
    },
  },
};
const ONE_ATTEMPT = { retry: { retryCodes: [] }, timeout: CALL_TIMEOUT_MS };

/**
 * Opens both clients: with Application Default Credentials, or without any to an emulator.
 * @param subscription full name.
 * @param topic full name.
 * @param emulatorHost `host:port`.
 */
export async function openPubSub(subscription: string, topic: string, emulatorHost?: string): Promise<PubSub> {
  // Otherwise the library would look for Google's metadata server, for the sake of an emulator that asks for no credentials.
  if (emulatorHost !== undefined) process.env['METADATA_SERVER_DETECTION'] ??= 'none';
  const subscriber = new v1.SubscriberClient(grpcOptions(emulatorHost));
  const publisher = new v1.PublisherClient(grpcOptions(emulatorHost));

  const call = async <T>(action: Action, resource: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asFailure(action, resource, error, emulatorHost);
    }
  };
  const ifAllowed = <T>(resource: string, work: () => Promise<T>): Promise<T | undefined> =>
    call('look up', resource, () =>
      work().catch((error: unknown) => {
        // Whoever may only take and publish, which is all that redriving needs, may not look.
        if (grpcCode(error) === PERMISSION_DENIED) return undefined;
        throw error;
      }),
    );
  const ackIds = (deadLetters: readonly DeadLetter[]): string[] => deadLetters.map(({ ackId }) => ackId);

  await call('look up', subscription, () => Promise.all([subscriber.initialize(), publisher.initialize()]));
  return {
    async lookUp() {
      const [found, , attached] = await Promise.all([
        ifAllowed(subscription, () => subscriber.getSubscription({ subscription }, ONE_ATTEMPT)),
        ifAllowed(topic, () => publisher.getTopic({ topic }, ONE_ATTEMPT)),
        ifAllowed(topic, () => publisher.listTopicSubscriptions({ topic }, ONE_ATTEMPT)),
      ]);
      return { sourceTopic: found?.[0].topic ?? undefined, subscribers: attached?.[0] };
    },
    take: (waitMs) =>
      call('take from', subscription, async () => {
        try {
          const [{ receivedMessages }] = await subscriber.pull(
            { subscription, maxMessages: MAX_MESSAGES },
            { ...ONE_ATTEMPT, timeout: waitMs },
          );
          return (receivedMessages ?? []).map(readDeadLetter);
        } catch (error) {
          // Pub/Sub answers a pull when there is something to give, however long that takes.
          if (grpcCode(error) === DEADLINE_EXCEEDED) return [];
          throw error;
        }
      }),
    publish: (message) =>
      call('publish to', topic, async () => {
        const [{ messageIds }] = await publisher.publish({ topic, messages: [message] }, withTimeLimit());
        if (!messageIds?.[0]) throw Object.assign(new Error('confirmed without a message id'), { code: 13 });
      }),
    acknowledge: (deadLetters) =>
      call('acknowledge on', subscription, async () => {
        await subscriber.acknowledge({ subscription, ackIds: ackIds(deadLetters) }, withTimeLimit());
      }),
    giveBack: (deadLetters) =>
      call('give back to', subscription, async () => {
        const request = { subscription, ackIds: ackIds(deadLetters), ackDeadlineSeconds: 0 };
        await subscriber.modifyAckDeadline(request, withTimeLimit());
      }),
    async close() {
      await Promise.all([subscriber.close(), publisher.close()]);
    },
  };
}

// A signal ends a call exactly; the time limits of the retries are looked at only between attempts.
function withTimeLimit() {
  return { ...RETRY, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) };
}
