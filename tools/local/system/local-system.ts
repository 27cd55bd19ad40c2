import { join } from 'node:path';
import { PATH } from '../../../functions/incident-webhook/route.ts';
import { localSecret } from '../../events/kept-secret.ts';
import { findSigningSecret } from '../../events/signing-secret.ts';
import { startDemoSubscriber } from '../../services/demo-subscriber.ts';
import { assertPortFree, freePort } from '../../services/functions/free-port.ts';
import { type FunctionOptions, NODE_OPTIONS, startFunction } from '../../services/functions/function-process.ts';
import { openDirectory } from '../../services/postgres/directory.ts';
import type { EmulatorEvent } from '../../services/pubsub/events.ts';
import { type Supervision, supervise } from '../../services/supervise.ts';
import { CAPTURE_REQUESTS, CapturedRequests } from '../page/captured-requests.ts';
import { startPage } from '../page/server.ts';
import { EventLog, type EventLogEntry, type FunctionName } from '../timeline/event-log.ts';
import { noteOfEmulatorEvent, noteOfOutput } from '../timeline/notes.ts';
import { announce, assertNoneRuns } from './announcement.ts';
import { buildFunctions } from './build-process.ts';
import { both, Parts } from './parts.ts';
import type { Settings } from './settings.ts';
import { type SubscriberSettings, TOPIC } from './subscribers.ts';
import { type LocalTopic, openTopic, subscriptionName } from './topic.ts';

type Address = readonly [name: string, address: string];

/** The whole system on one machine, running. */
export interface LocalSystem {
  readonly webhookUrl: string;
  /** `host:port` of Pub/Sub, the value for `PUBSUB_EMULATOR_HOST`. */
  readonly emulatorHost: string;
  /** Where each part listens, for people. */
  readonly addresses: readonly Address[];
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

/** What the parts share while they start. */
interface Start {
  readonly parts: Parts;
  readonly settings: Settings;
  readonly eventLog: EventLog;
  readonly supervision: Supervision;
}

async function startParts(
  parts: Parts,
  settings: Settings,
  { signal, onLost, onEntry }: Starter,
): Promise<Omit<LocalSystem, 'stop'>> {
  const { folder } = settings;
  const ports = await findPorts(settings);
  const running = { pid: process.pid, webhookUrl: `http://127.0.0.1:${ports.webhook}${PATH}` };
  const announcement = await parts.start('announcement', () => announce(folder, running));
  const secret = settings.secret ?? localSecret(folder);
  const eventLog = new EventLog(folder);
  eventLog.listen(onEntry);
  const supervision: Supervision = { onRestart: (text) => eventLog.note({ source: 'local-system', text }), onLost };
  const start: Start = { parts, settings, eventLog, supervision };

  const topic = await startTopic(start);
  const { host: emulatorHost } = topic;
  announcement.update({ ...running, emulatorHost });
  const [directory, deployed] = await both(
    parts.start('alaner directory', () => openDirectory(settings.database, supervision)),
    buildFunctions(),
  );
  const subscribers = await addSubscribers(start, topic, ports.lead);
  const requests = new CapturedRequests();
  const onLine = (name: FunctionName, line: string): void => {
    if (!requests.take(line)) eventLog.note(noteOfOutput(name, line));
  };
  const run = (name: FunctionName, target: string, port: number, env: FunctionOptions['env']): Promise<unknown> =>
    parts.start(name, () => {
      const debug = { LOG_LEVEL: 'debug', ...env };
      const line = (text: string): void => onLine(name, text);
      const options = { folder: join(deployed, name), target, port, env: debug, onLine: line, signal };
      return supervise(target, 'starting it again, as Cloud Run would', () => startFunction(options), supervision);
    });
  await both(
    run('incident-lead', 'incidentLead', ports.lead, { DATABASE_URL: directory.url, DB_SCHEMA: directory.schema }),
    run('incident-webhook', 'incidentWebhook', ports.webhook, {
      INCIDENT_WEBHOOK_SECRET: secret,
      INCIDENT_EVENTS_TOPIC: TOPIC,
      PUBSUB_EMULATOR_HOST: emulatorHost,
      ...(settings.page && { NODE_OPTIONS: `${NODE_OPTIONS} ${CAPTURE_REQUESTS}` }),
    }),
  );
  const { webhookUrl } = running;
  const signingSecret = () => findSigningSecret(new URL(webhookUrl), folder);
  const page = await openPage(start, { eventLog, requests, webhookUrl, emulatorHost, folder, secret: signingSecret });
  return {
    webhookUrl,
    emulatorHost,
    addresses: [
      ...(page === undefined ? [] : [['watch and send', page] as const]),
      ['incident-webhook', webhookUrl],
      ['incident-lead', `http://127.0.0.1:${ports.lead}`],
      ['Pub/Sub', topic.description],
      ['alaner directory', directory.description],
      ...subscribers.map(addressOf),
    ],
    pulled: subscribers.filter(({ url }) => url === undefined).map(({ name }) => subscriptionName(name)),
  };
}

/** @throws Error where one that the settings name is taken. */
async function findPorts({ folder, port, page }: Settings): Promise<{ webhook: number; lead: number }> {
  // Before the port, which it would have taken: what is running says more than that something listens.
  await assertNoneRuns(folder);
  if (port !== 0) await assertPortFree(port, 'PORT');
  if (page !== undefined && !page.orAnother && page.port !== 0) await assertPortFree(page.port, '--page-port');
  return { webhook: port || (await freePort()), lead: await freePort() };
}

function startTopic({ parts, settings, eventLog }: Start): Promise<LocalTopic> {
  const onEvent = (event: EmulatorEvent): void => {
    const note = noteOfEmulatorEvent(event);
    if (note) eventLog.note(note);
  };
  return parts.start('Pub/Sub', () => openTopic(settings.pubsubHost, onEvent));
}

/** @returns the subscribers besides incident-lead. */
async function addSubscribers(
  { parts, settings, eventLog }: Start,
  topic: LocalTopic,
  leadPort: number,
): Promise<readonly SubscriberSettings[]> {
  const subscribers = [...settings.subscribers];
  if (settings.demoFilter !== undefined) {
    const { url } = await parts.start('demo-subscriber', () =>
      startDemoSubscriber((message) => eventLog.note({ source: 'demo-subscriber', message })),
    );
    subscribers.push({ name: 'demo-subscriber', url, filter: settings.demoFilter });
  }
  await topic.subscribe({ name: 'incident-lead', url: `http://127.0.0.1:${leadPort}/`, filter: '' });
  for (const subscriber of subscribers) await topic.subscribe(subscriber);
  return subscribers;
}

/** @returns its address; undefined where there is to be none. */
async function openPage(
  { parts, settings: { page } }: Start,
  subject: Parameters<typeof startPage>[0],
): Promise<string | undefined> {
  if (page === undefined) return undefined;
  return (await parts.start('page', () => startPage(subject, page))).url;
}

function addressOf({ name, url, filter }: SubscriberSettings): Address {
  return [name, `${url ?? 'is pulled'}${filter && `  (${filter})`}`];
}
