import { crashPostgres } from '../services/postgres/crash-postgres.ts';
import type { LocalPostgres } from '../services/postgres/postgres.ts';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';
import { type SecretVersion, startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import type { Apps } from './apps.ts';
import { createVirtualClock, type FairClock, startFairClock, type VirtualClock } from './clocks.ts';
import { startDatabaseProxy } from './database-proxy.ts';
import { faultInjector, type InjectFault, type Severity } from './fault-injector.ts';
import { type Outage, publishFaults, secretFaults } from './grpc-faults.ts';
import type { Instance } from './instance.ts';
import { startLeadInstance } from './lead-instance.ts';
import { type LeadLine, Ledger } from './ledger.ts';
import type { Switches } from './outages.ts';
import { poison } from './poison.ts';
import { createPoster, type OnAnswer, type Poster } from './post.ts';
import { startProcesses } from './processes.ts';
import { startPushFront } from './push-front.ts';
import { createResources, NAMES } from './resources.ts';
import { type Rng, seededRng } from './rng.ts';
import { planRotations, type Rotation } from './rotation.ts';
import { settle, workOff } from './settle.ts';
import { captureStdout } from './stdout-lines.ts';
import type { Target } from './svix.ts';
import { createTally, type Tally } from './tally.ts';
import { timeLimits } from './time-scale.ts';
import { watchAnswers } from './watch-answers.ts';
import { startWebhookInstance } from './webhook-instance.ts';

/** Both functions and everything around them, with a fault behind every door. */
export interface Simulation extends Switches {
  readonly rng: Rng;
  readonly injectFault: InjectFault;
  readonly clock: VirtualClock;
  readonly fair: FairClock;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly poster: Poster;
  readonly rotation: Rotation;
  /** Where a request goes: mostly the function in this process, sometimes the real one. */
  readonly targetFor: (key: string) => Target;
  /** The function in this process, on virtual time. */
  readonly scaledTarget: () => Target;
  readonly onAnswer: OnAnswer;
  readonly publishPoison: (number: number) => void;
  /** Waits until every message is worked off or dead-lettered. */
  readonly workOff: () => Promise<void>;
  /** Ends every outage, redrives dead letters, and waits for the rest. Returns how many were redriven. */
  readonly settle: () => Promise<number>;
  /** Kinds of faults that never were injected, although their place was reached. */
  readonly missingFaults: () => readonly string[];
  readonly crashes: () => number;
  /** Milliseconds from the end of a request's budget to the latest answer. */
  readonly latest: () => number;
  readonly close: () => Promise<void>;
}

/** What a simulation is made of. */
export interface SimulationOptions {
  readonly seed: number;
  readonly scale: number;
  readonly severity: Severity;
  readonly answerMs?: number | undefined;
  readonly postgres: LocalPostgres;
  readonly dist?: string | undefined;
  readonly apps: Apps;
  readonly onAdvance: (now: number) => void;
}

/** 10 s to 600 s become 2 ms to 120 ms. */
const BACKOFF_SCALE = 0.0002;

/** Starts everything. */
export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  const { seed, scale, postgres, apps } = options;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const rng = seededRng(seed);
  const injector = faultInjector(rng, options.severity);
  const injectFault = injector.inject;
  const tally = createTally();
  const ledger = new Ledger();
  const versions: SecretVersion[] = [];
  const rotation = planRotations(versions, tally);
  const clock = createVirtualClock((now) => {
    rotation.advance(now);
    options.onAdvance(now);
  });
  const fair = startFairClock();
  const poster = createPoster();
  const limits = timeLimits(scale, options.answerMs);
  const outages: { pubsub: Outage; secrets: Outage } = { pubsub: undefined, secrets: undefined };
  let webhook: Instance | undefined;
  let lead: Instance | undefined;
  const crashWebhook = (): void => webhook?.crash();
  const crashLead = (): void => {
    lead?.crash();
    proxy.cut();
  };

  const emulator = await startPubSubEmulator({
    timeScale: BACKOFF_SCALE,
    onEvent: (event) => ledger.observe(event, NAMES.topic),
    intercept: publishFaults({ rng, injectFault, tally, scale, crash: crashWebhook, outage: () => outages.pubsub }),
  });
  const secrets = await startSecretManagerServer({
    versions,
    intercept: secretFaults({ rng, injectFault, tally, scale, crash: crashWebhook, outage: () => outages.secrets }),
  });
  const targetPort = Number(new URL(postgres.readerUrl).port);
  const proxy = await startDatabaseProxy({ targetPort, rng, injectFault, tally, scale, crash: crashLead });
  const databaseUrl = new URL(postgres.readerUrl);
  databaseUrl.port = String(proxy.port);

  const stdout = captureStdout((line) => ledger.written(line as LeadLine));
  lead = await startLeadInstance(databaseUrl.href, limits, apps);
  webhook = await startWebhookInstance({
    clock,
    limits,
    apps,
    topic: NAMES.topic,
    pubsubHost: emulator.host,
    secretName: 'projects/p/secrets/webhook',
    secretHost: secrets.host,
  });
  const [webhookNow, leadNow] = [webhook, lead];
  const processes = await startProcesses({
    dist: options.dist,
    rng,
    webhookEnv: {
      INCIDENT_WEBHOOK_SECRET: rotation.secrets.join(' '),
      INCIDENT_EVENTS_TOPIC: NAMES.topic,
      PUBSUB_EMULATOR_HOST: emulator.host,
    },
    leadEnv: { DATABASE_URL: databaseUrl.href, LOG_LEVEL: 'debug' },
    onLeadLine: (line) => ledger.written(line as LeadLine),
    onFault: (what) => ledger.violations.push(what),
  });

  const watch = watchAnswers(ledger);
  const scaledTarget = (): Target => ({ ...limits, url: webhookNow.url() + PATH, seconds: clock.seconds });
  const front = await startPushFront({
    rng,
    injectFault,
    tally,
    ledger,
    poster,
    clock: fair,
    onAnswer: watch.onAnswer,
    subscriberFor: (key) => processes.leadFor(key) ?? { ...limits, url: leadNow.url(), crash: crashLead },
  });
  await createResources(emulator, front.url);

  let closed = false;
  return {
    rng,
    injectFault,
    clock,
    fair,
    ledger,
    tally,
    poster,
    rotation,
    onAnswer: watch.onAnswer,
    scaledTarget,
    targetFor: (key) => processes.webhookFor(key, PATH) ?? scaledTarget(),
    setPubSub: (pubsub) => void Object.assign(outages, { pubsub }),
    setSecrets: (secrets) => void Object.assign(outages, { secrets }),
    setDatabase: (outage) => void Object.assign(proxy, { outage }),
    cutDatabase: proxy.cut,
    restartDatabase: () => void crashPostgres(postgres).catch(() => {}),
    crashWebhook,
    kill: processes.kill,
    publishPoison: (number) => emulator.publish(NAMES.topic, poison(number)),
    workOff: () => workOff({ emulator, underway: front.underway }),
    settle() {
      Object.assign(outages, { pubsub: undefined, secrets: undefined });
      proxy.outage = undefined;
      return settle({ emulator, ledger, underway: front.underway });
    },
    missingFaults: injector.missing,
    crashes: () => webhookNow.crashes() + leadNow.crashes(),
    latest: watch.latest,
    async close() {
      if (closed) return;
      closed = true;
      await processes.close();
      await webhookNow.close();
      await leadNow.close();
      await emulator.close();
      await front.close();
      await secrets.close();
      await proxy.close();
      poster.close();
      fair.stop();
      stdout.release();
    },
  };
}

const PATH = '/webhooks/incident/lead';
