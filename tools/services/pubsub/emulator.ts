import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { CallOf, Handle, Intercept } from '../grpc/fault.ts';
import { unary } from '../grpc/fault.ts';
import { listen } from '../grpc/listen.ts';
import { loadServices } from '../grpc/protos.ts';
import { type BackoffGrowth, GOOGLE_GROWTH } from './backoff.ts';
import { Broker } from './broker.ts';
import type { EventSink } from './events.ts';
import type { Message, MessageInput } from './message.ts';
import { publisherMethods } from './publisher.ts';
import { checkSize, measured } from './request-size.ts';
import type { PubSubRequests } from './requests.ts';
import type { SubscriptionConfig, TopicConfig } from './resource.ts';
import { streamingPull } from './streaming-pull.ts';
import { subscriberMethods } from './subscriber.ts';

/** How to run the emulator; everything has a default. */
export interface EmulatorOptions {
  /** 0 (the default) takes a free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Factor on redelivery backoffs: 0.01 turns 10 s into 100 ms. Default 1. */
  timeScale?: number;
  /**
   * Factor on ack deadlines, the time limit of a push included. Clients extend leases by their own
   * clock. Default 1.
   */
  ackDeadlineScale?: number;
  /** How redelivery backoffs grow. Default as on Google's emulator: about 1.3 times, with jitter. */
  backoff?: BackoffGrowth;
  /** Pushes in flight per subscription. Default 50. */
  maxConcurrentPushes?: number;
  onEvent?: EventSink;
  /** Fault injection, asked before every call (once a stream). */
  intercept?: Intercept<PubSubRequests>;
}

/** A running emulator. The methods act at once, without gRPC and without faults; they throw `RpcError`. */
export interface PubSubEmulator {
  /** `host:port`, the value for `PUBSUB_EMULATOR_HOST`. */
  host: string;
  createTopic(config: TopicConfig): TopicConfig;
  createSubscription(config: SubscriptionConfig): SubscriptionConfig;
  /** Has a subscription push to another address; '' makes it a pull subscription. */
  setPushEndpoint(subscription: string, pushEndpoint: string): void;
  /** Returns the message ids. */
  publish(topic: string, ...messages: MessageInput[]): string[];
  /** Every message ever published to the topic, oldest first; a live view. */
  published(topic: string): readonly Message[];
  /** Messages the subscription has not got acknowledged yet. */
  backlog(subscription: string): number;
  /** Cuts all calls and pushes, stops all timers and frees the port. All messages are forgotten. */
  close(): Promise<void>;
}

/**
 * Starts a Pub/Sub server that speaks the real gRPC protocol without TLS and keeps everything in
 * memory. Methods it does not have answer UNIMPLEMENTED. Pushes carry no token: there is no invoker
 * check to satisfy.
 *
 * @throws Error naming host and port when the port is taken
 */
export async function startPubSubEmulator(options: EmulatorOptions = {}): Promise<PubSubEmulator> {
  const { port = 0, host = '127.0.0.1', timeScale = 1, ackDeadlineScale = 1, maxConcurrentPushes = 50 } = options;
  const { backoff = GOOGLE_GROWTH, onEvent = () => undefined, intercept = () => undefined } = options;
  const closing = new AbortController();
  const broker = new Broker({ timeScale, ackDeadlineScale, backoff, maxConcurrentPushes, onEvent });
  const faulty = (methods: Record<string, Handle<never, object>>): UntypedServiceImplementation => {
    const served: UntypedServiceImplementation = {};
    for (const [method, handle] of Object.entries(methods)) {
      const faultFor = (request: unknown) => intercept({ method, request } as CallOf<PubSubRequests>);
      const checked: Handle<object, object> = (request, signal) => {
        checkSize(method, request);
        // As the protos decode it; which type that is, the two method tables say.
        return handle(request as never, signal);
      };
      served[method] = unary(checked, faultFor, closing.signal);
    }
    return served;
  };
  const stream = streamingPull(
    broker,
    (request) => checkSize('StreamingPull', request),
    (request) => intercept({ method: 'StreamingPull', request }),
    closing.signal,
  );
  const server = await listen('The Pub/Sub emulator', host, port, [
    { definition: service('Publisher'), methods: faulty(publisherMethods(broker)) },
    {
      definition: service('Subscriber'),
      methods: { ...faulty(subscriberMethods(broker)), StreamingPull: stream },
    },
  ]);
  return {
    host: `${server.host}:${server.port}`,
    createTopic: (config) => broker.createTopic(config),
    createSubscription: (config) => broker.createSubscription(config),
    setPushEndpoint(subscription, pushEndpoint) {
      broker.updateSubscription(subscription, { pushConfig: { pushEndpoint } });
    },
    publish: (topic, ...messages) => broker.publish(topic, messages),
    published: (topic) => broker.topic(topic).log,
    backlog: (subscription) => broker.subscription(subscription).backlog,
    async close() {
      closing.abort();
      broker.close();
      await server.close();
    },
  };
}

function service(name: string): ServiceDefinition {
  const services = loadServices({
    client: '@google-cloud/pubsub',
    api: '@google-cloud/pubsub-api',
    file: 'google/pubsub/v1/pubsub.proto',
  });
  return measured(services[`google.pubsub.v1.${name}`] ?? {});
}
