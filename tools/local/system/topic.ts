import { v1 } from '@google-cloud/pubsub';
import { describeGrpcError, grpcOptions } from '../../../shared/grpc.ts';
import { Code } from '../../services/grpc/rpc-error.ts';
import { type PubSubEmulator, startPubSubEmulator } from '../../services/pubsub/emulator.ts';
import type { EventSink } from '../../services/pubsub/events.ts';
import { type Provisionable, provision } from '../../services/pubsub/provision.ts';
import { type SubscriberSettings, TOPIC } from './subscribers.ts';

/** The topic and its subscriptions. */
export interface LocalTopic {
  /** `host:port`, the value for `PUBSUB_EMULATOR_HOST`. */
  readonly host: string;
  readonly description: string;
  /** Adds a subscription with a retry policy and a dead letter of its own, or points the existing one to the URL. */
  subscribe(subscriber: SubscriberSettings): Promise<void>;
  stop(): Promise<void>;
}

/** For one call to a Pub/Sub that somebody else started. */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Opens Pub/Sub: the emulator of this repository, or the one at `host`, over gRPC.
 * @param onEvent told what happens to each message; the emulator of somebody else does not say.
 */
export async function openTopic(host: string | undefined, onEvent: EventSink): Promise<LocalTopic> {
  if (host === undefined) return ownEmulator(await startPubSubEmulator({ onEvent }));
  return otherEmulator(host);
}

function ownEmulator(emulator: PubSubEmulator): LocalTopic {
  return {
    host: emulator.host,
    description: `emulator, ${emulator.host} (gRPC)`,
    subscribe: (subscriber) => subscribe(emulator, subscriber),
    stop: () => emulator.close(),
  };
}

async function otherEmulator(host: string): Promise<LocalTopic> {
  const publisher = new v1.PublisherClient(grpcOptions(host));
  const subscriberClient = new v1.SubscriberClient(grpcOptions(host));
  const limit = { timeout: CALL_TIMEOUT_MS, retry: null };
  let publishOnly = false;
  // A stand-in that does no more than take what is published is enough to see what the webhook publishes.
  const unlessUnimplemented = async (call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === Code.UNIMPLEMENTED)) throw error;
      publishOnly = true;
    }
  };
  const target: Provisionable = {
    createTopic: ({ name }) => unlessUnimplemented(() => publisher.createTopic({ name }, limit)),
    createSubscription: (config) => unlessUnimplemented(() => subscriberClient.createSubscription(config, limit)),
  };
  const stop = async (): Promise<void> => {
    await Promise.all([publisher.close(), subscriberClient.close()]);
  };
  try {
    await unlessUnimplemented(() =>
      publisher.listTopics({ project: 'projects/alan-eu-tools' }, { ...limit, autoPaginate: false }),
    );
  } catch (error) {
    await stop();
    throw new Error(
      `PUBSUB_EMULATOR_HOST (${host}): nothing there answers as Pub/Sub: ${describeGrpcError(error)}. Start a Pub/Sub emulator there, or unset the variable: one is started then.`,
    );
  }
  return {
    host,
    get description() {
      const missing = publishOnly ? '; it cannot do all that is asked of it, so it may deliver nothing' : '';
      return `PUBSUB_EMULATOR_HOST, ${host} (gRPC)${missing}`;
    },
    async subscribe(subscriber) {
      await subscribe(target, subscriber);
      // An earlier run may have left the subscription behind, pointing to a port of its own.
      const subscription = subscriptionName(subscriber.name);
      const pushConfig = subscriber.url === undefined ? {} : { pushEndpoint: subscriber.url };
      await unlessUnimplemented(() => subscriberClient.modifyPushConfig({ subscription, pushConfig }, limit));
    },
    stop,
  };
}

function subscribe(target: Provisionable, { name, url, filter }: SubscriberSettings): Promise<void> {
  return provision(target, {
    topic: TOPIC,
    subscription: subscriptionName(name),
    // The names that Terraform gives them.
    deadLetterTopic: `projects/alan-eu-tools/topics/${name}-dead-letter`,
    deadLetterSubscription: subscriptionName(`${name}-dead-letter`),
    ...(url !== undefined && { pushEndpoint: url }),
    ...(filter !== '' && { filter }),
  });
}

/** The full name of a subscriber's subscription. */
export function subscriptionName(name: string): string {
  return `projects/alan-eu-tools/subscriptions/${name}`;
}
