import pg from 'pg';
import { crashPostgres } from '../services/postgres/crash-postgres.ts';
import type { LocalPostgres } from '../services/postgres/postgres.ts';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';
import { provision } from '../services/pubsub/provision.ts';
import { startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import { type Client, openClient, type Target } from './client.ts';
import { startDatabaseProxy } from './database-proxy.ts';
import { ADD_DUPLICATES, poison } from './event-plan.ts';
import { Faults, type Rng, type Severity, seededRng } from './faults.ts';
import { type Apps, SHIPPED, startFunctions } from './functions.ts';
import { publishFaults, secretFaults } from './grpc-faults.ts';
import { captureStdout } from './instance.ts';
import { type LeadLine, Ledger } from './ledger.ts';
import { NO_OUTAGE, type Outages, type Switches } from './outages.ts';
import { startPushFront } from './push-front.ts';
import { planRotations, type Rotation } from './rotation.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { NAMES, settle, workOff } from './settle.ts';
import { timeLimits } from './time-limits.ts';

/** What a simulation is made of. */
export interface SimulationOptions {
  readonly seed: number;
  readonly postgres: LocalPostgres;
  /** Factor on all time limits of the functions in this process; 1 is production. */
  readonly scale: number;
  /** When an answer of theirs is late; not scaled, since a machine may have other things to do. */
  readonly answerMs: number;
  /** Default: as the weights of each kind of fault say. */
  readonly severity?: Severity;
  /** Events, retries and forgeries under way at once. Default 64. */
  readonly concurrency?: number;
  /** The folder with the built functions; without it no real process takes part. */
  readonly dist?: string | undefined;
  /** Default: as they ship. */
  readonly apps?: Apps;
}

/** Both functions and everything around them, with faults everywhere between. */
export interface Simulation {
  readonly rng: Rng;
  readonly faults: Faults;
  readonly scheduler: Scheduler;
  readonly rotation: Rotation;
  readonly outages: Outages;
  readonly switches: Switches;
  readonly ledger: Ledger;
  readonly client: Client;
  /** The webhook in this process, on virtual time. */
  readonly webhook: Target;
  /** Where a request goes: mostly to that one, sometimes to the real process. */
  readonly webhookFor: (key: string) => Target;
  readonly publishPoison: (number: number) => void;
  /**
   * Waits until every message is worked off or dead-lettered, ends every outage, redrives dead
   * letters, and waits for the rest. Returns how many were redriven.
   */
  readonly settle: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** 10 s to 600 s become 2 ms to 120 ms. */
const BACKOFF_SCALE = 0.0002;
/** As in Terraform. */
const SUBSCRIPTION = { maxDeliveryAttempts: 30, ackDeadlineSeconds: 60 };

/** Starts everything. */
export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  const { seed, scale, severity = {}, concurrency = 64, postgres, dist, apps = SHIPPED } = options;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  await addDuplicates(postgres);
  const rng = seededRng(seed);
  const faults = new Faults(rng, severity);
  const ledger = new Ledger();
  const scheduler = createScheduler(concurrency);
  const rotation = planRotations(scheduler, faults);
  const outages: Outages = {};
  const opened = new AsyncDisposableStack();
  const client = openClient(ledger);
  opened.defer(client.close);

  const crashWebhook = (): void => functions.targets.webhook.crash();
  const crashLead = (): void => {
    functions.targets.lead.crash();
    // The connections of a container end with it.
    proxy.cut();
  };
  const called = { faults, outages, scale, crash: crashWebhook };
  const emulator = await startPubSubEmulator({
    timeScale: BACKOFF_SCALE,
    onEvent: (event) => ledger.observe(event, NAMES.topic),
    intercept: publishFaults(called),
  });
  opened.defer(emulator.close);
  const secretManager = await startSecretManagerServer({
    versions: rotation.versions,
    intercept: secretFaults(called),
  });
  opened.defer(secretManager.close);
  const proxy = await startDatabaseProxy(postgres.readerUrl, { ...called, crash: crashLead });
  opened.defer(proxy.close);
  opened.defer(captureStdout((line) => ledger.written(line as LeadLine)));
  const functions = await startFunctions({
    apps,
    dist,
    rng,
    scheduler,
    rotation,
    ledger,
    limits: timeLimits(scale, options.answerMs),
    pubsubHost: emulator.host,
    secretManagerHost: secretManager.host,
    databaseUrl: proxy.url,
  });
  opened.defer(functions.close);
  const front = await startPushFront({ faults, ledger, client, targetFor: (key) => functions.targetFor('lead', key) });
  opened.defer(front.close);
  await provision(emulator, { ...NAMES, ...SUBSCRIPTION, pushEndpoint: front.url });

  return {
    rng,
    faults,
    scheduler,
    rotation,
    outages,
    ledger,
    client,
    switches: {
      crashWebhook,
      cutDatabase: proxy.cut,
      crashDatabase: () => void crashPostgres(postgres).catch(() => {}),
      kill: functions.kill,
    },
    webhook: functions.targets.webhook,
    webhookFor: (key) => functions.targetFor('webhook', key),
    publishPoison: (number) => emulator.publish(NAMES.topic, poison(number)),
    async settle() {
      await workOff(emulator, front.underway);
      Object.assign(outages, NO_OUTAGE);
      return settle(emulator, ledger, front.underway);
    },
    close: () => opened.disposeAsync(),
  };
}

async function addDuplicates({ ownerUrl }: LocalPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(ADD_DUPLICATES);
  await client.end();
}
