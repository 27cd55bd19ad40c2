import { Webhook } from 'svix';
import { createHandler, type Services } from '../../functions/incident-webhook/handler.ts';
import { createPublisher } from '../../functions/incident-webhook/publish.ts';
import { createResponder } from '../../functions/incident-webhook/respond.ts';
import { secretManagerStore } from '../../functions/incident-webhook/secret-manager.ts';
import { storedKeys } from '../../functions/incident-webhook/signing-keys.ts';
import { createLog } from '../../shared/log.ts';
import type { VirtualClock } from './clocks.ts';
import { type Instance, startInstance } from './instance.ts';
import type { Mutant } from './mutants.ts';
import type { TimeLimits } from './time-scale.ts';

/** What the webhook function is connected to. */
export interface WebhookSurroundings {
  readonly clock: VirtualClock;
  readonly limits: TimeLimits;
  readonly topic: string;
  readonly pubsubHost: string;
  readonly secretName: string;
  readonly secretHost: string;
  readonly mutant: Mutant;
}

/** The webhook function in this process: the parts of `wire.ts`, on virtual time and scaled limits. */
export function startWebhookInstance(given: WebhookSurroundings): Promise<Instance> {
  const { clock, limits, mutant } = given;
  const write = createLog({ level: 'error', project: 'p', service: 'incident-webhook', version: 'test' });
  return startInstance((isAlive) => {
    const log: typeof write = (line) => isAlive() && write(line);
    const keys = storedKeys(
      secretManagerStore(given.secretName, given.secretHost, limits.secretReadMs),
      (secret) => new Webhook(secret),
      () => {},
      clock.now,
    );
    const { publish } = createPublisher(given.topic, given.pubsubHost, limits.publish);
    const services: Services = mutant.services({ keys, publish });
    const handler = createHandler(async () => services, createResponder(log), {
      nowSeconds: clock.seconds,
      budgetMs: limits.budgetMs,
    });
    return (req, res) => void handler(mutant.request(req), res);
  });
}
