import { join } from 'node:path';
import { type LiveProcess, startLiveProcess } from './live-process.ts';
import type { Switches } from './outages.ts';
import type { Subscriber } from './push-front.ts';
import type { Rng } from './rng.ts';
import type { Target } from './svix.ts';
import { timeLimits } from './time-scale.ts';

/** The real function processes of a run. */
export interface Processes {
  /** The webhook process, for the share of requests that it gets. */
  readonly webhookFor: (key: string, path: string) => Target | undefined;
  readonly leadFor: (key: string) => Subscriber | undefined;
  readonly kill: Switches['kill'];
  readonly close: () => Promise<void>;
}

/** What they need. */
export interface ProcessesOptions {
  readonly dist: string | undefined;
  readonly rng: Rng;
  readonly webhookEnv: Readonly<Record<string, string>>;
  readonly leadEnv: Readonly<Record<string, string>>;
  readonly onLeadLine: (line: object) => void;
  readonly onFault: (what: string) => void;
}

const SHARE = 0.1;
const REAL_TIME = timeLimits(1);
const REAL_SECONDS = (): number => Date.now() / 1000;

/** Starts both, or none without the built functions. They keep real time and the real limits. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const { dist, rng } = options;
  const running = dist === undefined ? undefined : await startBoth(dist, options);
  const mine = (key: string): boolean => rng(`process/${key}`) < SHARE;
  return {
    webhookFor(key, path) {
      const url = running?.webhook.url();
      return url !== undefined && mine(key) ? { ...REAL_TIME, url: url + path, seconds: REAL_SECONDS } : undefined;
    },
    leadFor(key) {
      const url = running?.lead.url();
      const crash = (): void => {};
      return url !== undefined && mine(key) ? { ...REAL_TIME, url: `${url}/`, crash } : undefined;
    },
    kill: (which, signal) => running?.[which].kill(signal),
    async close() {
      await Promise.all([running?.webhook.close(), running?.lead.close()]);
    },
  };
}

async function startBoth(
  dist: string,
  { webhookEnv, leadEnv, onFault, onLeadLine }: ProcessesOptions,
): Promise<{ webhook: LiveProcess; lead: LiveProcess }> {
  const [webhook, lead] = await Promise.all([
    startLiveProcess({
      folder: join(dist, 'incident-webhook'),
      target: 'incidentWebhook',
      env: webhookEnv,
      onLine: () => {},
      onFault,
    }),
    startLiveProcess({
      folder: join(dist, 'incident-lead'),
      target: 'incidentLead',
      env: leadEnv,
      onLine: onLeadLine,
      onFault,
    }),
  ]);
  return { webhook, lead };
}
