import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PubSub } from '@google-cloud/pubsub';
import type { EmulatorOptions, PubSubEmulator } from '../../../tools/services/pubsub/emulator.ts';
import { startPubSubEmulator } from '../../../tools/services/pubsub/emulator.ts';
import type { EmulatorEvent } from '../../../tools/services/pubsub/events.ts';
import type { SubscriptionPlan } from '../../../tools/services/pubsub/provision.ts';
import { provision } from '../../../tools/services/pubsub/provision.ts';

/** A push as the endpoint got it. */
export interface Push {
  headers: NodeJS.Dict<string | string[]>;
  body: {
    message: { data?: string; attributes?: Record<string, string>; messageId: string; publishTime: string };
    subscription: string;
    deliveryAttempt?: number;
  };
  at: number;
}

/** A push endpoint; `answer` gives the status for each push, or nothing to leave it without an answer. */
export interface Endpoint {
  url: string;
  pushes: Push[];
  /** Connections that are open, idle ones included. */
  connections(): number;
  close(): void;
}

/** How one delivery ended. */
export type Delivery = Pick<Extract<EmulatorEvent, { type: 'delivered' }>, 'attempt' | 'acknowledged' | 'answer'>;

/** The emulator, the real client connected to it, and what has happened. */
export interface Fixture {
  emulator: PubSubEmulator;
  client: PubSub;
  events: EmulatorEvent[];
  /** The deliveries among the events, oldest first. */
  deliveries(): Delivery[];
  close(): Promise<void>;
}

/** Starts an emulator and a real client without credentials. */
export async function openFixture(options: EmulatorOptions = {}): Promise<Fixture> {
  // google-auth would look for a metadata server, for seconds, even with an emulator.
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const events: EmulatorEvent[] = [];
  const emulator = await startPubSubEmulator({ ...options, onEvent: (event) => events.push(event) });
  const client = new PubSub({ projectId: 'p', apiEndpoint: emulator.host, emulatorMode: true });
  return {
    emulator,
    client,
    events,
    deliveries: () =>
      events.flatMap((event) =>
        event.type === 'delivered'
          ? [{ attempt: event.attempt, acknowledged: event.acknowledged, answer: event.answer }]
          : [],
      ),
    async close() {
      await client.close();
      await emulator.close();
    },
  };
}

/** Starts a push endpoint on a free port. */
export async function openEndpoint(answer: (push: Push) => number | undefined): Promise<Endpoint> {
  const pushes: Push[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const push: Push = { headers: request.headers, body, at: Date.now() };
    pushes.push(push);
    const status = answer(push);
    if (status !== undefined) response.writeHead(status).end();
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`,
    pushes,
    connections: () => connections,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The resources of `openPush`, by full name. */
export const NAMES = {
  topic: 'projects/p/topics/events',
  subscription: 'projects/p/subscriptions/push',
  deadLetterTopic: 'projects/p/topics/dead',
  deadLetterSubscription: 'projects/p/subscriptions/dead-pull',
};

/**
 * An emulator with a push subscription that dead-letters, as production has it, and its endpoint.
 * Backoffs run a thousand times faster unless told otherwise.
 */
export async function openPush(
  answer: (push: Push) => number | undefined,
  options: EmulatorOptions & { plan?: Partial<SubscriptionPlan> } = {},
): Promise<Fixture & { endpoint: Endpoint }> {
  const endpoint = await openEndpoint(answer);
  const fixture = await openFixture({ timeScale: 0.001, ...options });
  await provision(fixture.emulator, { ...NAMES, pushEndpoint: endpoint.url, ...options.plan });
  return {
    ...fixture,
    endpoint,
    async close() {
      await fixture.close();
      endpoint.close();
    },
  };
}

/**
 * Waits until `condition` holds.
 *
 * @throws Error after 10 s, naming what was awaited
 */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited 10 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
