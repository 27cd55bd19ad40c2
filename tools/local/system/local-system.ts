import { join } from 'node:path';
import { PATH } from '../../../functions/incident-webhook/route.ts';
import { findSigningSecret } from '../../events/signing-secret.ts';
import { assertPortFree, freePort } from '../../services/functions/free-port.ts';
import { type FunctionOptions, NODE_OPTIONS, startFunction } from '../../services/functions/function-process.ts';
import { openDirectory } from '../../services/postgres/directory.ts';
import { type Supervision, supervise } from '../../services/supervise.ts';
import { CAPTURE_REQUESTS, CapturedRequests } from '../page/captured-requests.ts';
import { startPage } from '../page/server.ts';
import { EventLog, type EventLogEntry, type FunctionName } from '../timeline/event-log.ts';
import { noteOfEmulatorEvent, noteOfOutput } from '../timeline/notes.ts';
import { announce, assertNoneRuns } from './announcement.ts';
import { buildFunctions } from './build-process.ts';
import { startDemoSubscriber } from './demo-subscriber.ts';
import { localSecret } from './local-folder.ts';
import { both, Parts } from './parts.ts';
import type { Settings } from './settings.ts';
import { type SubscriberSettings, TOPIC } from './subscribers.ts';
import { openTopic } from './topic.ts';

/** The whole system on one machine, running. */
export interface LocalSystem {
  readonly webhookUrl: string;
  /** `host:port` of Pub/Sub, the value for `PUBSUB_EMULATOR_HOST`. */
  readonly emulatorHost: string;
  /** Where each part listens, for people: name and address. */
  readonly addresses: readonly (readonly [name: string, address: string])[];
  /** The full names of the subscriptions that wait to be pulled. */
  readonly pulled: readonly string[];
  /** Stops every part, and leaves nothing behind. */
  stop(): Promise<void>;
}

/** Whoever starts the system, and what it is told. */
export interface Starter {
  /** Ends the start. */
  readonly signal: AbortSignal;
  /** Told when the system has to end: a function cannot be kept running. */
  readonly onLost: (sentence: string) => void;
  /** Told everything that the parts say, from the beginning. */
  readonly onEntry: (entry: EventLogEntry) => void;
}

/**
 * Builds and starts everything.
 * @throws Error that says what was expected, what came, and what to do; what had started is stopped again.
 */
export async function startLocalSystem(settings: Settings, starter: Starter): Promise<LocalSystem> {
  const parts = new Parts(starter.signal);
  try {
    const system = await startParts(parts, settings, starter);
    starter.signal.throwIfAborted();
    return { ...system, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function startParts(
  parts: Parts,
  settings: Settings,
  { signal, onLost, onEntry }: Starter,
): Promise<Omit<LocalSystem, 'stop'>> {
  const { page } = settings;
  // Before the port, which it would have taken: what is running says more than that something listens.
  await assertNoneRuns(settings.folder);
  if (settings.port !== 0) await assertPortFree(settings.port, 'PORT');
  if (page !== undefined && !page.orAnother && page.port !== 0) await assertPortFree(page.port, '--page-port');
  const webhookPort = settings.port || (await freePort());
  const webhookUrl = `http://127.0.0.1:${webhookPort}${PATH}`;
  const leadPort = await freePort();
  const system = { pid: process.pid, webhookUrl };
  const announcement = await parts.start('announcement', () => announce(settings.folder, system));
  const secret = settings.secret ?? localSecret(settings.folder);
  const eventLog = new EventLog(settings.folder);
  eventLog.listen(onEntry);

  const topic = await parts.start('Pub/Sub', () =>
    openTopic(settings.pubsubHost, (event) => {
      const note = noteOfEmulatorEvent(event);
      if (note) eventLog.note(note);
    }),
  );
  announcement.update({ ...system, emulatorHost: topic.host });
  const requests = new CapturedRequests();
  const supervision: Supervision = { onRestart: (text) => eventLog.note({ source: 'local-system', text }), onLost };
  const [directory, functions] = await both(
    parts.start('alaner directory', () => openDirectory(settings.database, supervision)),
    buildFunctions(),
  );
  const run = async (name: FunctionName, target: string, port: number, env: FunctionOptions['env']) => {
    const options: FunctionOptions = {
      folder: join(functions, name),
      target,
      port,
      env: { LOG_LEVEL: 'debug', ...env },
      onLine: (line) => {
        if (!requests.take(line)) eventLog.note(noteOfOutput(name, line));
      },
      signal,
    };
    const again = 'starting it again, as Cloud Run would';
    const { first } = await parts.start(name, () =>
      supervise(target, again, () => startFunction(options), supervision),
    );
    return first;
  };
  const subscribers = await subscribersOf(parts, settings, eventLog);
  await topic.subscribe({ name: 'incident-lead', url: `http://127.0.0.1:${leadPort}/`, filter: '' });
  const pulled: string[] = [];
  for (const subscriber of subscribers) {
    const subscription = await topic.subscribe(subscriber);
    if (subscriber.url === undefined) pulled.push(subscription);
  }
  const [lead] = await both(
    run('incident-lead', 'incidentLead', leadPort, {
      DATABASE_URL: directory.url,
      DB_SCHEMA: directory.schema,
    }),
    run('incident-webhook', 'incidentWebhook', webhookPort, {
      INCIDENT_WEBHOOK_SECRET: secret,
      INCIDENT_EVENTS_TOPIC: TOPIC,
      PUBSUB_EMULATOR_HOST: topic.host,
      ...(page !== undefined && { NODE_OPTIONS: `${NODE_OPTIONS} ${CAPTURE_REQUESTS}` }),
    }),
  );
  const addresses: (readonly [string, string])[] = [
    ['incident-webhook', webhookUrl],
    ['incident-lead', lead.url],
    ['Pub/Sub', topic.description],
    ['alaner directory', directory.description],
    ...subscribers.map(({ name, url, filter }) => [name, `${url ?? 'is pulled'}${filter && `  (${filter})`}`] as const),
  ];
  if (page !== undefined) {
    const signingSecret = () => findSigningSecret(new URL(webhookUrl), settings.folder);
    const { folder } = settings;
    const subject = { eventLog, requests, webhookUrl, emulatorHost: topic.host, folder, secret: signingSecret };
    const { url } = await parts.start('page', () => startPage(subject, page));
    addresses.unshift(['watch and send', url]);
  }
  return { webhookUrl, emulatorHost: topic.host, addresses, pulled };
}

async function subscribersOf(
  parts: Parts,
  { subscribers, demoFilter }: Settings,
  eventLog: EventLog,
): Promise<readonly SubscriberSettings[]> {
  if (demoFilter === undefined) return subscribers;
  const { url } = await parts.start('demo-subscriber', () =>
    startDemoSubscriber((message) => eventLog.note({ source: 'demo-subscriber', message })),
  );
  return [...subscribers, { name: 'demo-subscriber', url, filter: demoFilter }];
}
