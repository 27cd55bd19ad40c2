import {
  type EmulatorOptions,
  type PubSubEmulator,
  startPubSubEmulator,
} from '../../../tools/services/pubsub/emulator.ts';
import type { EmulatorEvent } from '../../../tools/services/pubsub/events.ts';
import { provision, type SubscriptionPlan } from '../../../tools/services/pubsub/provision.ts';
import {
  connectPubSub,
  type Endpoint,
  type OpenPubSub,
  openEndpoint,
  type Push,
} from '../../conformance/open-pubsub.ts';

export { type Push, until } from '../../conformance/open-pubsub.ts';

/** How one delivery ended. */
export type Delivery = Pick<Extract<EmulatorEvent, { type: 'delivered' }>, 'attempt' | 'acknowledged' | 'answer'>;

/** The emulator, the real clients connected to it, and what has happened. Its project is `p`. */
export interface Fixture extends OpenPubSub {
  readonly emulator: PubSubEmulator;
  readonly events: readonly EmulatorEvent[];
  /** The deliveries among the events, oldest first. */
  deliveries(): Delivery[];
}

/** Starts an emulator with the topic `events`. */
export async function openFixture(options: EmulatorOptions = {}): Promise<Fixture> {
  const events: EmulatorEvent[] = [];
  const emulator = await startPubSubEmulator({ ...options, onEvent: (event) => events.push(event) });
  return {
    ...(await connectPubSub(emulator.host, 'p', emulator)),
    emulator,
    events,
    deliveries: () =>
      events
        .filter((event) => event.type === 'delivered')
        .map(({ attempt, acknowledged, answer }) => ({ attempt, acknowledged, answer })),
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
  { plan, ...options }: EmulatorOptions & { plan?: Partial<SubscriptionPlan> } = {},
): Promise<Fixture & { endpoint: Endpoint }> {
  const endpoint = await openEndpoint(answer);
  const fixture = await openFixture({ timeScale: 0.001, ...options });
  await provision(fixture.emulator, { ...NAMES, pushEndpoint: endpoint.url, ...plan });
  return {
    ...fixture,
    endpoint,
    async close() {
      await fixture.close();
      await endpoint.close();
    },
  };
}
