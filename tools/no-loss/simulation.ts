import pg from 'pg';
import type { Log } from '../../shared/log-line.ts';
import { crashPostgres, type LocalPostgres } from '../services/postgres/postgres.ts';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';
import { provision } from '../services/pubsub/provision.ts';
import { startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import { createContext, NAMES, type RunOptions, SECRET_NAME, SHIPPED } from './context.ts';
import { startDatabaseProxy } from './database-proxy.ts';
import { ADD_DUPLICATES, poison } from './event-plan.ts';
import { captureStdout, startFunction } from './functions.ts';
import { publishFaults, secretFaults } from './grpc-faults.ts';
import { startPushFront } from './push-front.ts';
import { settle } from './settle.ts';

/** Both functions and everything around them, with faults everywhere between. */
export type Simulation = Awaited<ReturnType<typeof openSimulation>>;

/** 10 s to 600 s become 2 ms to 120 ms. */
const BACKOFF_SCALE = 0.0002;
/** As in Terraform. */
const SUBSCRIPTION = { maxDeliveryAttempts: 30, ackDeadlineSeconds: 60 };

/** Starts everything; `close` ends it in the reverse order. */
export async function openSimulation(options: RunOptions) {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const { postgres, apps = SHIPPED } = options;
  await addDuplicates(postgres);
  const context = createContext(options);
  const { limits, scheduler, ledger, client, rotation } = context;
  const { versions, secrets } = rotation;
  // Closes what is open if something does not start.
  await using starting = new AsyncDisposableStack();
  starting.defer(client.close);
  const emulator = await startPubSubEmulator({
    timeScale: BACKOFF_SCALE,
    onEvent: (event) => ledger.observe(event, NAMES.topic),
    intercept: publishFaults(context),
  });
  starting.defer(emulator.close);
  const secretManager = await startSecretManagerServer({ versions, intercept: secretFaults(context) });
  starting.defer(secretManager.close);
  const proxy = await startDatabaseProxy(context);
  starting.defer(proxy.close);

  starting.defer(captureStdout(ledger));
  const clock = { now: () => scheduler.seconds() * 1000, monotonic: scheduler.now };
  const topicEnv = { INCIDENT_EVENTS_TOPIC: NAMES.topic, PUBSUB_EMULATOR_HOST: emulator.host };
  const stored = { INCIDENT_WEBHOOK_SECRET: SECRET_NAME, SECRET_MANAGER_EMULATOR_HOST: secretManager.host };
  const webhook = await startFunction(
    context,
    'webhook',
    (log) => apps.createWebhookApp({ env: { ...topicEnv, ...stored }, clock, limits: limits.webhook, log }),
    { ...topicEnv, INCIDENT_WEBHOOK_SECRET: secrets.join(' ') },
  );
  starting.defer(webhook.close);
  const leadEnv = { DATABASE_URL: proxy.url, LOG_LEVEL: 'debug' };
  const createLead = (log: Log) => apps.createLeadApp({ env: leadEnv, limits: limits.lead, log });
  const lead = await startFunction(context, 'lead', createLead, leadEnv, proxy.cut);
  starting.defer(lead.close);
  const front = await startPushFront(context, lead.targetFor);
  starting.defer(front.close);
  await provision(emulator, { ...NAMES, ...SUBSCRIPTION, pushEndpoint: front.url });
  const opened = starting.move();
  return {
    ...context,
    webhook,
    lead,
    cutDatabase: proxy.cut,
    crashDatabase: () => void crashPostgres(postgres).catch(() => {}),
    publishPoison: (number: number) => emulator.publish(NAMES.topic, poison(number)),
    settle: () => settle(context, emulator, front.underway),
    close: () => opened.disposeAsync(),
  };
}

async function addDuplicates({ ownerUrl }: LocalPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(ADD_DUPLICATES);
  await client.end();
}
