import { v1 } from '@google-cloud/pubsub';
import { status } from '@grpc/grpc-js';
import { grpcCode, grpcOptions } from '../../shared/grpc.ts';
import { type DeadLetter, type OriginalMessage, readDeadLetter } from './dead-letter.ts';
import { type Action, asFailure } from './failure.ts';

/**
 * What redriving needs of Pub/Sub: one subscription to pull from, one topic to publish to. Every
 * method throws `Failure`.
 */
export interface PubSub {
  /** Checks that both exist and can be reached, as far as the credentials may look. */
  lookUp(): Promise<Surroundings>;
  /** What the subscription gives at once, each leased until it is acknowledged or released; maybe nothing. */
  pull(maxMessages: number): Promise<DeadLetter[]>;
  /** Settles when Pub/Sub has confirmed. */
  publish(message: OriginalMessage): Promise<void>;
  acknowledge(ackIds: readonly string[]): Promise<void>;
  /** Ends the leases, so that others, or a later run, can pull the messages at once. */
  release(ackIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What is known of the subscription and the topic; each undefined where the credentials may not look it up. */
export interface Surroundings {
  /** Full name of the topic that feeds the dead-letter subscription. */
  readonly sourceTopic: string | undefined;
  /** How long the subscription leases a message, in seconds. */
  readonly ackDeadlineSeconds: number | undefined;
  /** Full names of the subscriptions that get every message on the target topic. */
  readonly subscribers: readonly string[] | undefined;
}

/** Far below Pub/Sub's limit for a request, 512 KiB: an ack id has some 200 bytes. */
const MAX_ACK_IDS = 1_000;
/** For 10 MB, the largest message or answer there is, at 6 Mbit/s. It also bounds the library's own retries. */
const RETRIED = { timeout: 15_000 };
const ONCE = { ...RETRIED, retry: null };

/**
 * Opens both clients: with Application Default Credentials, or without any to an emulator.
 * @param subscription full name.
 * @param topic full name.
 * @param emulatorHost `host:port`.
 */
export async function openPubSub(subscription: string, topic: string, emulatorHost?: string): Promise<PubSub> {
  // Otherwise the library would look for Google's metadata server, for the sake of an emulator that
  // asks for no credentials.
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
        // Whoever may only pull and publish, which is all that redriving needs, may not look.
        if (grpcCode(error) === status.PERMISSION_DENIED) return undefined;
        throw error;
      }),
    );
  const inChunks = async (ackIds: readonly string[], send: (chunk: string[]) => Promise<unknown>): Promise<void> => {
    for (let start = 0; start < ackIds.length; start += MAX_ACK_IDS)
      await send(ackIds.slice(start, start + MAX_ACK_IDS));
  };

  await call('look up', subscription, () => Promise.all([subscriber.initialize(), publisher.initialize()]));
  return {
    async lookUp() {
      const [found, , attached] = await Promise.all([
        ifAllowed(subscription, () => subscriber.getSubscription({ subscription }, ONCE)),
        ifAllowed(topic, () => publisher.getTopic({ topic }, ONCE)),
        ifAllowed(topic, () => publisher.listTopicSubscriptions({ topic }, ONCE)),
      ]);
      return {
        sourceTopic: found?.[0].topic ?? undefined,
        ackDeadlineSeconds: found?.[0].ackDeadlineSeconds ?? undefined,
        subscribers: attached?.[0],
      };
    },
    pull: (maxMessages) =>
      call('pull from', subscription, async () => {
        // A pull that waits has to be cut off in the end, and what Pub/Sub is just sending then
        // stays leased to nobody.
        const request = { subscription, maxMessages, returnImmediately: true };
        const [{ receivedMessages }] = await subscriber.pull(request, ONCE);
        return (receivedMessages ?? []).map(readDeadLetter);
      }),
    publish: (message) =>
      call('publish to', topic, async () => {
        const [{ messageIds }] = await publisher.publish({ topic, messages: [message] }, RETRIED);
        if (!messageIds?.[0])
          throw Object.assign(new Error('confirmed without a message id'), { code: status.INTERNAL });
      }),
    acknowledge: (ackIds) =>
      call('acknowledge on', subscription, () =>
        inChunks(ackIds, (chunk) => subscriber.acknowledge({ subscription, ackIds: chunk }, RETRIED)),
      ),
    release: (ackIds) =>
      call('release on', subscription, () =>
        inChunks(ackIds, (chunk) =>
          subscriber.modifyAckDeadline({ subscription, ackIds: chunk, ackDeadlineSeconds: 0 }, RETRIED),
        ),
      ),
    async close() {
      await Promise.all([subscriber.close(), publisher.close()]);
    },
  };
}
