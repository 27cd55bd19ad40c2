import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PubSub, v1 } from '@google-cloud/pubsub';
import { grpcOptions } from '../../shared/grpc.ts';
import { closeServer, listenOn } from '../../tools/services/listen-on.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';

/** A message as a subscriber gets it. */
export interface Pulled {
  readonly ackId: string;
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A Pub/Sub, real clients of it, and a project of its own with one topic. */
export type OpenPubSub = Awaited<ReturnType<typeof connectPubSub>>;

/** Google's emulator, where `npm run test:google-emulator` has started it. */
export const GOOGLE_EMULATOR = process.env['GOOGLE_PUBSUB_EMULATOR'];

/** Opens Google's emulator in `npm run test:google-emulator`, else ours: the tests in this folder hold on both. */
export async function openPubSub(): Promise<OpenPubSub> {
  const projectId = `p-${randomUUID()}`;
  if (GOOGLE_EMULATOR !== undefined) return connectPubSub(GOOGLE_EMULATOR, projectId);
  const emulator = await startPubSubEmulator();
  return connectPubSub(emulator.host, projectId, emulator);
}

/**
 * Connects to the Pub/Sub at `host`, and creates the topic.
 *
 * @param server closed after the clients
 */
export async function connectPubSub(host: string, projectId: string, server?: { close(): Promise<void> }) {
  // google-auth would look for a metadata server, for seconds, even with an emulator.
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const client = new PubSub({ projectId, apiEndpoint: host, emulatorMode: true });
  const publisher = new v1.PublisherClient(grpcOptions(host));
  const subscriber = new v1.SubscriberClient(grpcOptions(host));
  const topic = `projects/${projectId}/topics/events`;
  await publisher.createTopic({ name: topic });
  /** What a subscription gives at once. */
  const pull = async (subscription: string, maxMessages = 1_000): Promise<Pulled[]> => {
    const [{ receivedMessages }] = await subscriber.pull({ subscription, maxMessages, returnImmediately: true });
    return (receivedMessages ?? []).map(({ ackId, message }) => ({
      ackId: ackId ?? '',
      data: String(message?.data),
      attributes: message?.attributes ?? {},
    }));
  };
  return {
    /** `host:port`, the value for `PUBSUB_EMULATOR_HOST`. */
    host,
    projectId,
    client,
    publisher,
    subscriber,
    /** Full name. */
    topic,
    pull,
    /** Creates a topic and returns its full name. */
    async createTopic(id: string): Promise<string> {
      const name = `projects/${projectId}/topics/${id}`;
      await publisher.createTopic({ name });
      return name;
    },
    /** Creates a subscription, of the one topic unless told otherwise, and returns its full name. */
    async subscribe(id: string, settings: object = {}): Promise<string> {
      const name = `projects/${projectId}/subscriptions/${id}`;
      await subscriber.createSubscription({ name, topic, ...settings });
      return name;
    },
    /** Returns the message ids. */
    async publish(...messages: { data?: string | Buffer; attributes?: Record<string, string> }[]): Promise<string[]> {
      const encoded = messages.map(({ data = '', ...rest }) => ({ data: Buffer.from(data), ...rest }));
      return (await publisher.publish({ topic, messages: encoded }))[0].messageIds ?? [];
    },
    /** Pulls and acknowledges until `count` messages have come; fails after 20 s. */
    async drain(subscription: string, count: number): Promise<Pulled[]> {
      const all: Pulled[] = [];
      await until(`${count} messages`, async () => {
        const pulled = await pull(subscription);
        all.push(...pulled);
        const ackIds = pulled.map(({ ackId }) => ackId);
        if (ackIds.length > 0) await subscriber.acknowledge({ subscription, ackIds });
        return all.length >= count;
      });
      return all;
    },
    async close(): Promise<void> {
      await Promise.all([client.close(), publisher.close(), subscriber.close()]);
      await server?.close();
    },
  };
}

/** A push as the endpoint got it. */
export interface Push {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: {
    readonly message: {
      readonly data?: string;
      readonly attributes?: Record<string, string>;
      readonly messageId: string;
    };
    readonly subscription: string;
    readonly deliveryAttempt?: number;
  };
  readonly receivedAtMs: number;
}

/** A push endpoint. */
export interface Endpoint {
  readonly url: string;
  readonly pushes: readonly Push[];
  /** Connections that are open, idle ones included. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts a push endpoint on a free port.
 *
 * @param answer the status for each push, or nothing to leave it without an answer
 */
export async function openEndpoint(answer: (push: Push, count: number) => number | undefined): Promise<Endpoint> {
  const pushes: Push[] = [];
  const server = createServer(async (request, response) => {
    const push = { headers: request.headers, body: (await json(request)) as Push['body'], receivedAtMs: Date.now() };
    const status = answer(push, pushes.push(push));
    if (status !== undefined) response.writeHead(status).end();
  });
  return {
    url: `http://127.0.0.1:${await listenOn(server)}/push`,
    pushes,
    connections: () => promisify(server.getConnections.bind(server))(),
    close: () => closeServer(server),
  };
}

/** Milliseconds from each push to the next. */
export function gapsBetween(pushes: readonly Push[]): number[] {
  return pushes.slice(1).map(({ receivedAtMs }, index) => receivedAtMs - (pushes[index]?.receivedAtMs ?? 0));
}

/**
 * Waits until `condition` holds.
 *
 * @throws Error after 20 s, naming what was awaited
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited 20 s for: ${what}`);
    await sleep(5);
  }
}
