import { v1 } from '@google-cloud/pubsub';
import { describeGrpcError, grpcOptions } from '../../../shared/grpc.ts';
import { Code } from '../../services/grpc/rpc-error.ts';
import { startPubSubEmulator } from '../../services/pubsub/emulator.ts';
import type { EventSink } from '../../services/pubsub/events.ts';
import { provision } from '../../services/pubsub/provision.ts';
import { type SubscriberSettings, TOPIC } from './settings.ts';

const PROJECT = 'projects/alan-eu-tools';
/** For one call. */
const CALL_TIMEOUT_MS = 10_000;

/**
 * Opens Pub/Sub over gRPC: the emulator of this repository on a port, or the one at `host:port` that somebody else
 * started.
 * @param onEvent told what happens to each message; the emulator of somebody else does not say.
 */
export async function openTopic(address: number | string, onEvent: EventSink) {
  const own = typeof address === 'number' ? await startPubSubEmulator({ port: address, onEvent }) : undefined;
  const host = own?.host ?? String(address);
  const topics = new v1.PublisherClient(grpcOptions(host));
  const subscriptions = new v1.SubscriberClient(grpcOptions(host));
  const limit = { timeout: CALL_TIMEOUT_MS, retry: null };
  let publishOnly = false;
  // A stand-in that only accepts messages is enough to see what the webhook publishes.
  const unlessUnimplemented = async (call: Promise<unknown>): Promise<void> => {
    await call.catch((error: Error) => {
      if (!('code' in error) || error.code !== Code.UNIMPLEMENTED) throw error;
      publishOnly = true;
    });
  };
  const stop = async (): Promise<void> => {
    await Promise.all([topics.close(), subscriptions.close()]);
    await own?.close();
  };
  try {
    await unlessUnimplemented(topics.listTopics({ project: PROJECT }, { ...limit, autoPaginate: false }));
  } catch (error) {
    await stop();
    throw new Error(
      `PUBSUB_EMULATOR_HOST (${host}): nothing there answers as Pub/Sub: ${describeGrpcError(error)}. Start a Pub/Sub emulator there, or unset the variable: one is started then.`,
    );
  }
  const target = {
    createTopic: ({ name }: { name: string }) => unlessUnimplemented(topics.createTopic({ name }, limit)),
    createSubscription: (config: object) => unlessUnimplemented(subscriptions.createSubscription(config, limit)),
  };
  return {
    /** For people; complete once all subscribers are there. */
    get description(): string {
      const missing = publishOnly ? '; it cannot do all that is asked of it, so it may deliver nothing' : '';
      return `${own === undefined ? 'PUBSUB_EMULATOR_HOST' : 'emulator'}, ${host} (gRPC)${missing}`;
    },
    /** Adds a subscription with a retry policy and a dead letter of its own, or points the existing one to the URL. */
    async subscribe({ name, url, filter }: SubscriberSettings): Promise<void> {
      const subscription = subscriptionName(name);
      const pushConfig = url === undefined ? {} : { pushEndpoint: url };
      await provision(target, {
        topic: TOPIC,
        subscription,
        // The names that Terraform gives them.
        deadLetterTopic: `${PROJECT}/topics/${name}-dead-letter`,
        deadLetterSubscription: subscriptionName(`${name}-dead-letter`),
        ...pushConfig,
        ...(filter !== '' && { filter }),
      });
      // An earlier run may have left the subscription behind, pointing to a port of its own.
      await unlessUnimplemented(subscriptions.modifyPushConfig({ subscription, pushConfig }, limit));
    },
    stop,
  };
}

/** The full name of a subscriber's subscription. */
export function subscriptionName(name: string): string {
  return `${PROJECT}/subscriptions/${name}`;
}
