import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';
import type { Apps } from './apps.ts';
import type { VirtualClock } from './clocks.ts';
import { type Instance, startInstance } from './instance.ts';
import type { TimeLimits } from './time-scale.ts';

/** What the webhook function is connected to. */
export interface WebhookSurroundings {
  readonly clock: VirtualClock;
  readonly limits: TimeLimits;
  readonly topic: string;
  readonly pubsubHost: string;
  readonly secretName: string;
  readonly secretHost: string;
  readonly apps: Apps;
}

/** The webhook function in this process, from its composition root, on virtual time and scaled limits. */
export function startWebhookInstance(given: WebhookSurroundings): Promise<Instance> {
  const { clock, limits, apps } = given;
  const write = createLog({ level: 'error', project: 'p', service: 'incident-webhook', version: 'test' });
  const env = {
    INCIDENT_WEBHOOK_SECRET: given.secretName,
    INCIDENT_EVENTS_TOPIC: given.topic,
    PUBSUB_EMULATOR_HOST: given.pubsubHost,
    SECRET_MANAGER_EMULATOR_HOST: given.secretHost,
  };
  return startInstance((isAlive) => {
    const log: Log = (line) => isAlive() && write(line);
    const now = (): number => clock.seconds() * 1000;
    return apps.createWebhookApp({ env, clock: { now, monotonic: clock.now }, limits: limits.webhook, log });
  });
}
