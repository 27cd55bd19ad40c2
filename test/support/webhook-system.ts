import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, SECRET, type Signing, sign } from '../../tools/events/sign.ts';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { type FunctionProcess, startFunction } from '../../tools/services/functions/function-process.ts';
import type { Intercept } from '../../tools/services/grpc/fault.ts';
import { type PubSubEmulator, startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import type { Message } from '../../tools/services/pubsub/message.ts';
import type { PubSubRequests } from '../../tools/services/pubsub/methods.ts';
import { exchange, type RawRequest, type RawResponse, toBytes } from '../../tools/services/raw-http.ts';

/** The topic that the function publishes to. */
export const TOPIC = 'projects/alan-eu-tools/topics/incident-events';

/** A log line as it was written. */
export interface Line {
  readonly severity: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly 'logging.googleapis.com/trace'?: string;
}

/** A request, signed unless `signing` is null; headers given here replace those of the signature. */
export interface Sending extends RawRequest {
  readonly signing?: Signing | null;
}

/** A request under way: its trace is in its log line and in its message. */
export interface Sent {
  readonly traceId: string;
  readonly webhookId: string;
  readonly bytes: Buffer;
}

/** What became of a request. */
export interface Exchange extends Sent {
  readonly answer: RawResponse | undefined;
}

/** The webhook function under its own functions-framework, built as for production, with a Pub/Sub beside it. */
export interface WebhookSystem {
  readonly port: number;
  readonly process: FunctionProcess;
  emulator: PubSubEmulator;
  /** Asked before every call to Pub/Sub; may be changed at any time. */
  intercept: Intercept<PubSubRequests>;
  /** Every line of stdout and stderr, as it came. */
  readonly output: readonly string[];
  prepare(sending: Sending): Sent;
  send(sending: Sending): Promise<Exchange>;
  /** The log lines of one request; waits for the first. */
  linesOf(sent: Sent): Promise<readonly Line[]>;
  publishedFor(sent: Sent): readonly Message[];
  /** Takes Pub/Sub away, or brings it back on its port. */
  stopPubSub(): Promise<void>;
  startPubSub(): Promise<void>;
  stop(): Promise<void>;
}

const FOLDER = join(import.meta.dirname, '..', '..', 'dist', 'incident-webhook');
const LINE_TIMEOUT_MS = 10_000;

/**
 * Starts the function that `npm run build` wrote; `env` is added to what it needs.
 * @param via given the port of Pub/Sub, starts something in front of it and returns the port to use instead.
 */
export async function startWebhookSystem(
  env: Record<string, string | undefined> = {},
  via: (port: number) => Promise<number> = async (port) => port,
): Promise<WebhookSystem> {
  const output: string[] = [];
  const openEmulator = async (port?: number): Promise<PubSubEmulator> => {
    const emulator = await startPubSubEmulator({
      ...(port !== undefined && { port }),
      intercept: (call) => system.intercept(call),
    });
    emulator.createTopic({ name: TOPIC });
    return emulator;
  };
  const emulator = await openEmulator();
  const portOf = ({ host }: PubSubEmulator): number => Number(host.split(':')[1]);
  const port = await freePort();
  const system: WebhookSystem = {
    port,
    emulator,
    output,
    intercept: () => undefined,
    process: await startFunction({
      folder: FOLDER,
      target: 'incidentWebhook',
      port,
      env: {
        INCIDENT_WEBHOOK_SECRET: SECRET,
        INCIDENT_EVENTS_TOPIC: TOPIC,
        PUBSUB_EMULATOR_HOST: `127.0.0.1:${await via(portOf(emulator))}`,
        METADATA_SERVER_DETECTION: 'none',
        ...env,
      },
      onLine: (line) => output.push(line),
    }).catch(async (error) => {
      // What did not start must not leave Pub/Sub open: the tests would wait for it for ever.
      await emulator.close();
      throw error;
    }),
    prepare,
    async send(sending) {
      const sent = prepare(sending);
      return { ...sent, answer: await exchange(port, sent.bytes, sending.method) };
    },
    async linesOf({ traceId }) {
      const find = () => output.filter((line) => line.includes(traceId)).map((line) => JSON.parse(line) as Line);
      const until = performance.now() + LINE_TIMEOUT_MS;
      while (find().length === 0 && performance.now() < until) await sleep(5);
      return find();
    },
    publishedFor: ({ traceId }) =>
      system.emulator.published(TOPIC).filter(({ attributes }) => attributes['traceparent']?.includes(traceId)),
    stopPubSub: () => system.emulator.close(),
    async startPubSub() {
      system.emulator = await openEmulator(portOf(system.emulator));
    },
    async stop() {
      await system.process.stop();
      await system.emulator.close();
    },
  };
  return system;
}

function prepare({ signing = {}, headers = {}, ...request }: Sending): Sent {
  const traceId = randomBytes(16).toString('hex');
  const webhookId = signing?.id ?? newId();
  const signed = signing !== null ? sign(Buffer.from(request.body ?? ''), { ...signing, id: webhookId }) : {};
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
  return { traceId, webhookId, bytes: toBytes({ ...request, headers: { ...signed, traceparent, ...headers } }) };
}

/** Runs something on a system of its own, and stops it. */
export async function withWebhookSystem(
  run: (system: WebhookSystem) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const system = await startWebhookSystem(env);
  try {
    await run(system);
  } finally {
    await system.stop();
  }
}
