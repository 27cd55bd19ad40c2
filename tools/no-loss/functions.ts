import { createApp as createLeadApp } from '../../functions/incident-lead/app.ts';
import { createApp as createWebhookApp } from '../../functions/incident-webhook/app.ts';
import type { Target } from './client.ts';
import type { Rng } from './faults.ts';
import { startInstance } from './instance.ts';
import type { Ledger } from './ledger.ts';
import { type LiveProcess, startLiveProcess } from './live-process.ts';
import type { Rotation } from './rotation.ts';
import type { Scheduler } from './scheduler.ts';
import { NAMES } from './settle.ts';
import { ANSWER_MS, type TimeLimits, timeLimits } from './time-limits.ts';

/** The composition roots of both functions. */
export interface Apps {
  readonly createWebhookApp: typeof createWebhookApp;
  readonly createLeadApp: typeof createLeadApp;
}

/** As they ship. */
export const SHIPPED: Apps = { createWebhookApp, createLeadApp };

/** One of the two functions. */
export type FunctionName = 'webhook' | 'lead';

/** Both functions, each in this process on virtual time, and, if it was built, as a process. */
export interface Functions {
  /** Those in this process. */
  readonly targets: Readonly<Record<FunctionName, Target>>;
  /** Who gets a request: mostly the one in this process, sometimes the process. */
  readonly targetFor: (name: FunctionName, key: string) => Target;
  /** Ends the process, if there is one. */
  readonly kill: (name: FunctionName, signal: 'SIGKILL' | 'SIGTERM') => void;
  readonly close: () => Promise<void>;
}

/** What the functions are made of and connected to. */
export interface Surroundings {
  readonly apps: Apps;
  readonly dist: string | undefined;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly rotation: Rotation;
  readonly ledger: Ledger;
  /** Of those in this process. */
  readonly limits: TimeLimits;
  readonly pubsubHost: string;
  readonly secretManagerHost: string;
  readonly databaseUrl: string;
}

/** The share of requests that the processes get. */
const PROCESS_SHARE = 0.1;
const PATHS = { webhook: '/webhooks/incident/lead', lead: '/' };
/** Processes keep real time and the limits of production; they are killed by plan only. */
const REAL_TIME = { limits: timeLimits(1, ANSWER_MS), seconds: () => Date.now() / 1000, crash: () => {} };

/** Starts them. */
export async function startFunctions(given: Surroundings): Promise<Functions> {
  const { apps, dist, rng, scheduler, ledger, limits } = given;
  const webhookEnv = { INCIDENT_EVENTS_TOPIC: NAMES.topic, PUBSUB_EMULATOR_HOST: given.pubsubHost };
  const storedSecret = {
    INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
    SECRET_MANAGER_EMULATOR_HOST: given.secretManagerHost,
  };
  const leadEnv = { DATABASE_URL: given.databaseUrl, LOG_LEVEL: 'debug' };
  const clock = { now: () => scheduler.seconds() * 1000, monotonic: scheduler.now };
  const instances = {
    webhook: await startInstance('error', (log) =>
      apps.createWebhookApp({ env: { ...webhookEnv, ...storedSecret }, clock, limits: limits.webhook, log }),
    ),
    lead: await startInstance('debug', (log) => apps.createLeadApp({ env: leadEnv, limits: limits.lead, log })),
  };
  const processes: Partial<Record<FunctionName, LiveProcess>> = {};
  if (dist !== undefined) {
    const literals = { INCIDENT_WEBHOOK_SECRET: given.rotation.secrets.join(' ') };
    processes.webhook = await startLiveProcess(dist, 'incident-webhook', { ...webhookEnv, ...literals }, ledger);
    processes.lead = await startLiveProcess(dist, 'incident-lead', leadEnv, ledger);
  }
  const inProcess = (name: FunctionName): Target => ({
    url: instances[name].url + PATHS[name],
    limits,
    seconds: scheduler.seconds,
    crash() {
      ledger.crashes += 1;
      instances[name].crash();
    },
  });
  const targets = { webhook: inProcess('webhook'), lead: inProcess('lead') };
  return {
    targets,
    targetFor(name, key) {
      const url = processes[name]?.url();
      if (url === undefined || rng(`process/${key}`) >= PROCESS_SHARE) return targets[name];
      return { ...REAL_TIME, url: url + PATHS[name] };
    },
    kill: (name, signal) => processes[name]?.kill(signal),
    async close() {
      await Promise.all([processes.webhook?.close(), processes.lead?.close()]);
      instances.webhook.close();
      instances.lead.close();
    },
  };
}
