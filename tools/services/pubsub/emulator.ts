import { type Intercept, withFaults } from '../grpc/fault.ts';
import { listen } from '../grpc/listen.ts';
import { loadService } from '../grpc/protos.ts';
import { GOOGLE_GROWTH } from './backoff.ts';
import { Broker } from './broker.ts';
import type { Behaviour } from './events.ts';
import { type PubSubRequests, unaryMethods } from './methods.ts';
import { streamingPull } from './pull.ts';
import { checkSize, measured } from './request-size.ts';

/** How to run the emulator; everything has a default. */
export interface EmulatorOptions extends Partial<Behaviour> {
  /** 0 (the default) takes a free port. */
  port?: number;
  /** Fault injection, asked before every call (once a stream). */
  intercept?: Intercept<PubSubRequests>;
}

/** A running emulator. What it can do beside `close` acts at once, without gRPC and without faults. */
export type PubSubEmulator = Awaited<ReturnType<typeof startPubSubEmulator>>;

/**
 * Starts a Pub/Sub server on 127.0.0.1 that speaks the real gRPC protocol without TLS and keeps everything in
 * memory. Methods it does not have answer UNIMPLEMENTED. Pushes carry no token: there is no invoker
 * check to satisfy.
 *
 * @throws Error naming host and port when the port is taken
 */
export async function startPubSubEmulator(options: EmulatorOptions = {}) {
  const { port = 0, intercept = () => undefined, ...behaviour } = options;
  const broker = new Broker({
    ...{ timeScale: 1, ackDeadlineScale: 1, backoff: GOOGLE_GROWTH, onEvent: () => undefined },
    ...behaviour,
  });
  const methods = unaryMethods(broker);
  const unary = withFaults(methods, (call) => {
    checkSize(call.method, call.request);
    return intercept(call);
  });
  const stream = streamingPull(broker, (request) => intercept({ method: 'StreamingPull', request }));
  const services = ['Publisher', 'Subscriber'].map((name) => ({
    definition: measured(loadService('@google-cloud/pubsub', `google.pubsub.v1.${name}`)),
    methods: { ...unary, StreamingPull: stream },
  }));
  const { host, close } = await listen('The Pub/Sub emulator', port, services);
  return Object.assign(broker, {
    createTopic: methods.CreateTopic,
    createSubscription: methods.CreateSubscription,
    /** `host:port`, the value for `PUBSUB_EMULATOR_HOST`. */
    host,
    /** Cuts all calls and pushes, stops all timers and frees the port. All messages are forgotten. */
    async close() {
      for (const subscription of broker.subscriptions.values()) subscription.close();
      await close();
    },
  });
}
