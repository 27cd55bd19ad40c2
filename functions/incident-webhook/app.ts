import type { RequestListener } from 'node:http';
import { answerWith } from '../../shared/answer.ts';
import { configure } from '../../shared/configure.ts';
import { type Environment, readLogConfig } from '../../shared/environment.ts';
import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';
import { readWebhookConfig, type WebhookConfig } from './config.ts';
import { createHandler, type HandlerLimits } from './handler.ts';
import { Refusal } from './outcomes.ts';
import { createPublisher, type PublishLimits } from './publish.ts';
import { incidentLeadRoute } from './route.ts';
import { secretManagerStore } from './secret-manager.ts';
import { literalKeys, type StoredKeys, storedKeys } from './signing-keys.ts';
import { createVerifier, type SigningKeys } from './verifier.ts';
import { versionLine } from './version-notice.ts';

/** Every time limit of the function, in milliseconds. */
export interface WebhookLimits extends HandlerLimits {
  readonly publish: PublishLimits;
  /** For listing and reading all versions of the secret together. */
  readonly secretReadMs: number;
}

/** The parts of the function; each defaults to that of production. */
export interface WebhookAppOptions {
  readonly env?: Environment;
  readonly clock?: {
    /** Milliseconds since the Unix epoch: the age of a request. */
    readonly now: () => number;
    /** Milliseconds on a clock that never goes back: the age of a secret. */
    readonly monotonic: () => number;
  };
  readonly limits?: WebhookLimits;
  readonly log?: Log;
}

/** The answer is due 8 s after the request began, of which the body may take 5 (contract). */
export const LIMITS: WebhookLimits = {
  bodyMs: 5_000,
  answerMs: 7_500,
  publish: { attemptMs: 2_500, callMs: 6_900 },
  secretReadMs: 3_000,
};

const CLOCK = { now: () => Date.now(), monotonic: () => performance.now() };

/** Composition root of the webhook function. */
export function createApp(options: WebhookAppOptions = {}): RequestListener {
  const { env = process.env, clock = CLOCK, limits = LIMITS } = options;
  const log = options.log ?? createLog(readLogConfig(env));
  const config = configure(() => readWebhookConfig(env), log, 'unavailable');
  const { keys, publish } = config ? openClients(config, clock, limits, log) : UNCONFIGURED;
  const routes = [incidentLeadRoute(createVerifier(keys, clock.now))];
  return answerWith(createHandler(routes, publish, limits), log);
}

const UNCONFIGURED = {
  keys: undefined,
  publish: async (): Promise<never> => {
    throw new Refusal('configuration');
  },
};

/**
 * Reads the secret and connects ahead of the first request. If that fails, the request that needs
 * it retries.
 */
function openClients(config: WebhookConfig, clock: typeof CLOCK, limits: WebhookLimits, log: Log) {
  const { publish, connect } = createPublisher(config.topic, config.pubsubEmulatorHost, limits.publish);
  connect().catch(() => {});
  return { keys: signingKeys(config, clock, limits, log), publish };
}

function signingKeys({ secret }: WebhookConfig, clock: typeof CLOCK, limits: WebhookLimits, log: Log): SigningKeys {
  if (secret.kind === 'literals') return literalKeys(secret.secrets);
  const store = secretManagerStore(secret.name, secret.emulatorHost, limits.secretReadMs);
  const keys: StoredKeys = storedKeys(store, (notice) => log(versionLine(notice)), clock.monotonic);
  void keys.read();
  return keys;
}
