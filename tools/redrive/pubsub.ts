import { v1 } from '@google-cloud/pubsub';
import { grpcOptions } from '../../shared/grpc.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';
import { type Action, Failure } from './failure.ts';

/**
 * What redriving needs of Pub/Sub: one subscription to pull from, one topic to publish to. Every
 * method but `release` throws `Failure`.
 */
export type PubSub = Awaited<ReturnType<typeof openPubSub>>;

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
export async function openPubSub(subscription: string, topic: string, emulatorHost?: string) {
  const subscriber = new v1.SubscriberClient(grpcOptions(emulatorHost));
  const publisher = new v1.PublisherClient(grpcOptions(emulatorHost));

  const call = <T>(action: Action, resource: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw new Failure(action, resource, error, emulatorHost);
    });
  /** Undefined for whoever may only pull and publish, which is all that redriving needs. */
  const lookUp = <T>(resource: string, work: Promise<[T, ...unknown[]]>): Promise<T | undefined> =>
    call('look up', resource, work).then(
      ([found]) => found,
      (failure: Failure) => {
        if (failure.code !== 'PERMISSION_DENIED') throw failure;
        return undefined;
      },
    );
  const inChunks = async (ackIds: readonly string[], send: (chunk: string[]) => Promise<unknown>): Promise<void> => {
    for (let start = 0; start < ackIds.length; start += MAX_ACK_IDS)
      await send(ackIds.slice(start, start + MAX_ACK_IDS));
  };

  await call('look up', subscription, Promise.all([subscriber.initialize(), publisher.initialize()]));
  return {
    /**
     * Checks that both exist and can be reached. What the credentials may not look up is undefined.
     * @returns the topic that feeds the dead-letter subscription, how many seconds the subscription
     *   leases a message, and the subscriptions that get every message on the target topic; all by
     *   their full names.
     */
    async lookUp() {
      const [found, subscribers] = await Promise.all([
        lookUp(subscription, subscriber.getSubscription({ subscription }, ONCE)),
        lookUp(topic, publisher.listTopicSubscriptions({ topic }, ONCE)),
      ]);
      return { sourceTopic: found?.topic, ackDeadlineSeconds: found?.ackDeadlineSeconds, subscribers };
    },

    /** What the subscription gives at once, each leased until it is acknowledged or released; maybe nothing. */
    async pull(maxMessages: number): Promise<DeadLetter[]> {
      // A pull that waits has to be cut off in the end, and what Pub/Sub is just sending then stays
      // leased to nobody.
      const request = { subscription, maxMessages, returnImmediately: true };
      const [{ receivedMessages }] = await call('pull from', subscription, subscriber.pull(request, ONCE));
      return (receivedMessages ?? []).map(readDeadLetter);
    },

    /** Settles when Pub/Sub has confirmed. */
    async publish({ original }: DeadLetter): Promise<void> {
      const request = { topic, messages: [original] };
      const [{ messageIds }] = await call('publish to', topic, publisher.publish(request, RETRIED));
      if (!messageIds?.[0]) throw new Failure('publish to', topic, new Error('confirmed without a message id'));
    },

    acknowledge: (ackIds: readonly string[]) =>
      inChunks(ackIds, (chunk) =>
        call('acknowledge on', subscription, subscriber.acknowledge({ subscription, ackIds: chunk }, RETRIED)),
      ),

    /**
     * Ends the leases, so that others, or a later run, can pull the messages at once.
     * @returns false where Pub/Sub did not answer: they run out by themselves.
     */
    release: (ackIds: readonly string[]) =>
      inChunks(ackIds, (chunk) =>
        subscriber.modifyAckDeadline({ subscription, ackIds: chunk, ackDeadlineSeconds: 0 }, RETRIED),
      ).then(
        () => true,
        () => false,
      ),

    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([subscriber.close(), publisher.close()]);
    },
  };
}
