import type { RequestListener } from 'node:http';
import pg from 'pg';
import { LIMITS as LEAD_LIMITS } from '../../functions/incident-lead/app.ts';
import { LIMITS as WEBHOOK_LIMITS } from '../../functions/incident-webhook/app.ts';
import type { Log } from '../../shared/log-line.ts';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';
import { provision } from '../services/pubsub/provision.ts';
import { startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import { createContext, NAMES, type RunOptions, SHIPPED } from './context.ts';
import { startDatabaseProxy } from './database-proxy.ts';
import { ADD_DUPLICATES } from './event-plan.ts';
import { captureStdout, startFunction } from './functions.ts';
import { publishFaults, secretFaults } from './grpc-faults.ts';
import { startPushFront } from './push-front.ts';

/** Both functions and everything around them, with faults everywhere between. */
export type Simulation = Awaited<ReturnType<typeof openSimulation>>;

/** 10 s to 600 s become 2 ms to 120 ms. */
const BACKOFF_SCALE = 0.0002;
const SECRET_NAME = 'projects/p/secrets/webhook';
/** As in Terraform. */
const SUBSCRIPTION = { maxDeliveryAttempts: 30, ackDeadlineSeconds: 60 };

/** Starts everything; `close` ends it in the reverse order. */
export async function openSimulation(options: RunOptions) {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const { apps = SHIPPED, scale } = options;
  await addDuplicates(options.postgres.ownerUrl);
  const context = createContext(options);
  const { scheduler, ledger, rotation } = context;
  // Closes what is open if something does not start.
  await using starting = new AsyncDisposableStack();
  const opened = <Part extends { close(): void | Promise<void> }>(part: Part): Part =>
    starting.adopt(part, () => part.close());
  opened(context.clock);
  const emulator = opened(
    await startPubSubEmulator({
      timeScale: BACKOFF_SCALE,
      onEvent: (event) => ledger.observe(event, NAMES.topic),
      intercept: publishFaults(context),
    }),
  );
  const { versions, secrets } = rotation;
  const secretManager = opened(await startSecretManagerServer({ versions, intercept: secretFaults(context) }));
  const database = opened(await startDatabaseProxy(context));

  starting.defer(captureStdout(ledger));
  const [webhookLimits, leadLimits] = [scaled(WEBHOOK_LIMITS, scale), scaled(LEAD_LIMITS, scale)];
  const topicEnv = { INCIDENT_EVENTS_TOPIC: NAMES.topic, PUBSUB_EMULATOR_HOST: emulator.host };
  const stored = { INCIDENT_WEBHOOK_SECRET: SECRET_NAME, SECRET_MANAGER_EMULATOR_HOST: secretManager.host };
  const clock = { now: () => scheduler.seconds() * 1000, monotonic: scheduler.now };
  const webhook = opened(
    await startFunction(
      context,
      'webhook',
      (log) => apps.createWebhookApp({ env: { ...topicEnv, ...stored }, clock, limits: webhookLimits, log }),
      { ...topicEnv, INCIDENT_WEBHOOK_SECRET: secrets.join(' ') },
    ),
  );
  const leadEnv = { DATABASE_URL: database.url, LOG_LEVEL: 'debug' };
  const createLead = (log: Log): RequestListener => {
    // The one that died before has taken its connections along.
    database.cut();
    return apps.createLeadApp({ env: leadEnv, limits: leadLimits, log });
  };
  const lead = opened(await startFunction(context, 'lead', createLead, leadEnv));
  const front = opened(await startPushFront(context, lead.targetFor));
  await provision(emulator, { ...NAMES, ...SUBSCRIPTION, pushEndpoint: front.url });
  const running = starting.move();
  return { ...context, emulator, database, webhook, lead, close: () => running.disposeAsync() };
}

/** Time limits, times `scale`. */
function scaled<Limits>(limits: Limits, scale: number): Limits {
  return JSON.parse(JSON.stringify(limits), (_name, value) => (typeof value === 'number' ? value * scale : value));
}

async function addDuplicates(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(ADD_DUPLICATES);
  await client.end();
}
