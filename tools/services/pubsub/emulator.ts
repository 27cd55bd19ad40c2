import { type Intercept, withFaults } from '../grpc/fault.ts';
import { listen } from '../grpc/listen.ts';
import { loadService } from '../grpc/protos.ts';
import { type BackoffGrowth, GOOGLE_GROWTH } from './backoff.ts';
import { Broker } from './broker.ts';
import type { EventSink } from './events.ts';
import { type PubSubRequests, type UnaryRequests, unaryMethods } from './methods.ts';
import { checkSize, measured } from './request-size.ts';
import { streamingPull } from './streaming-pull.ts';

/** How to run the emulator; everything has a default. */
export interface EmulatorOptions {
  /** 0 (the default) takes a free port. */
  port?: number;
  /** Factor on redelivery backoffs: 0.01 turns 10 s into 100 ms. Default 1. */
  timeScale?: number;
  /**
   * Factor on ack deadlines, the time limit of a push included. Clients extend leases by their own
   * clock. Default 1.
   */
  ackDeadlineScale?: number;
  /** How redelivery backoffs grow. Default as on Google's emulator: about 1.3 times, with jitter. */
  backoff?: BackoffGrowth;
  onEvent?: EventSink;
  /** Fault injection, asked before every call (once a stream). */
  intercept?: Intercept<PubSubRequests>;
}

/** A running emulator. The broker's methods act at once, without gRPC and without faults. */
export interface PubSubEmulator extends Broker {
  /** `host:port`, the value for `PUBSUB_EMULATOR_HOST`. */
  readonly host: string;
  /** Cuts all calls and pushes, stops all timers and frees the port. All messages are forgotten. */
  close(): Promise<void>;
}

/**
 * Starts a Pub/Sub server on 127.0.0.1 that speaks the real gRPC protocol without TLS and keeps everything in
 * memory. Methods it does not have answer UNIMPLEMENTED. Pushes carry no token: there is no invoker
 * check to satisfy.
 *
 * @throws Error naming host and port when the port is taken
 */
export async function startPubSubEmulator(options: EmulatorOptions = {}): Promise<PubSubEmulator> {
  const { port = 0, onEvent = () => undefined, intercept = () => undefined, ...given } = options;
  const closing = new AbortController();
  const broker = new Broker({ timeScale: 1, ackDeadlineScale: 1, backoff: GOOGLE_GROWTH, ...given, onEvent });
  const checked: Intercept<UnaryRequests> = (call) => {
    checkSize(call.method, call.request);
    return intercept(call);
  };
  const methods = {
    ...withFaults(unaryMethods(broker), checked, closing.signal),
    StreamingPull: streamingPull(broker, (request) => intercept({ method: 'StreamingPull', request }), closing.signal),
  };
  const services = ['Publisher', 'Subscriber'].map((name) => ({
    definition: measured(loadService('@google-cloud/pubsub', `google.pubsub.v1.${name}`)),
    methods,
  }));
  const server = await listen('The Pub/Sub emulator', port, services);
  return Object.assign(broker, {
    host: `127.0.0.1:${server.port}`,
    async close() {
      closing.abort();
      for (const subscription of broker.subscriptions.values()) subscription.close();
      await server.close();
    },
  });
}
