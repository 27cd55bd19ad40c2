import type { PubSubEmulator } from '../services/pubsub/emulator.ts';
import { provision } from '../services/pubsub/provision.ts';

/** Full names on the emulator. */
export const NAMES = {
  topic: 'projects/p/topics/incident-events',
  subscription: 'projects/p/subscriptions/incident-lead',
  deadLetterTopic: 'projects/p/topics/dead-letters',
  deadLetterSubscription: 'projects/p/subscriptions/dead-letters',
};
/** As in Terraform. */
const MAX_DELIVERY_ATTEMPTS = 30;
const ACK_DEADLINE_SECONDS = 60;

/** Creates them, with a subscription that pushes to `pushEndpoint`. */
export function createResources(emulator: PubSubEmulator, pushEndpoint: string): Promise<void> {
  return provision(emulator, {
    ...NAMES,
    pushEndpoint,
    maxDeliveryAttempts: MAX_DELIVERY_ATTEMPTS,
    ackDeadlineSeconds: ACK_DEADLINE_SECONDS,
  });
}
