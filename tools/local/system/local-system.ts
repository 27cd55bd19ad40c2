import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PATH } from '../../../functions/incident-webhook/route.ts';
import { localSecret } from '../../events/signing-secret.ts';
import { startDemoSubscriber } from '../../services/demo-subscriber.ts';
import { assertPortFree, freePort } from '../../services/functions/free-port.ts';
import { type FunctionOptions, NODE_OPTIONS, startFunction } from '../../services/functions/function-process.ts';
import { openDirectory } from '../../services/postgres/directory.ts';
import { type Supervision, supervise } from '../../services/supervise.ts';
import { CAPTURE_REQUESTS, startPage } from '../page/server.ts';
import { localRedriveAdvice } from '../timeline/commands.ts';
import { EventLog } from '../timeline/event-log.ts';
import type { FunctionName } from '../timeline/function-hops.ts';
import type { Hop } from '../timeline/hop.ts';
import { HopReader } from '../timeline/hop-reader.ts';
import { announce, assertNoneRuns } from './announcement.ts';
import { type Settings, TOPIC } from './settings.ts';
import { openTopic, subscriptionName } from './topic.ts';

/** The whole system on one machine, running. */
export type LocalSystem = Awaited<ReturnType<typeof startLocalSystem>>;

/** Whoever starts the system, and what it is told. */
export interface Starter {
  /** Ends the start. */
  readonly signal: AbortSignal;
  /** Told when the system has to end: a function cannot be kept running. */
  readonly onLost: (sentence: string) => void;
  /** Told each line that a function writes. */
  readonly onOutput: (line: string) => void;
  /** Told each hop of each event. */
  readonly onHop: (hop: Hop) => void;
}

/**
 * Builds and starts everything.
 * @throws Error that says what was expected, what came, and what to do; what had started is stopped again.
 */
export async function startLocalSystem(settings: Settings, { signal, onLost, onOutput, onHop }: Starter) {
  const { folder, pubsubHost } = settings;
  await using parts = new AsyncDisposableStack();
  // The senders are stopped first, then those that they send to; among these, the one that was started last.
  const startReceiver = partStarter(parts.use(new AsyncDisposableStack()), signal);
  const startSender = partStarter(parts.use(new AsyncDisposableStack()), signal);
  const ports = { webhook: settings.port || (await freePort()), lead: await freePort(), pubsub: await freePort() };
  const webhookUrl = `http://127.0.0.1:${ports.webhook}${PATH}`;
  const emulatorHost = pubsubHost ?? `127.0.0.1:${ports.pubsub}`;
  // Before the port, which it would have taken: what is running says more than that something listens.
  await assertNoneRuns(folder);
  if (settings.port !== 0) await assertPortFree(settings.port, 'PORT');
  if (settings.page && settings.pagePort) await assertPortFree(settings.pagePort, '--page-port');
  await startReceiver(() => announce(folder, { pid: process.pid, webhookUrl, emulatorHost }));
  const secret = settings.secret ?? localSecret(folder);
  const eventLog = await startReceiver(async () => new EventLog(folder).on('hop', onHop));
  const reader = new HopReader((hop) => eventLog.add(hop));
  const supervision: Supervision = { onRestart: (sentence) => reader.notice('local-system', sentence), onLost };

  const topic = await startSender(() => openTopic(pubsubHost ?? ports.pubsub, (event) => reader.emulatorEvent(event)));
  const [directory, deployed] = await both(
    startReceiver(() => openDirectory(settings.database, supervision)),
    buildFunctions(),
  );
  const subscribers = [...settings.subscriber, ...settings.pull];
  if (settings.demoSubscriber !== undefined) {
    const { url } = await startReceiver(() => startDemoSubscriber((message) => reader.demoMessage(message)));
    subscribers.push({ name: 'demo-subscriber', url, filter: settings.demoSubscriber });
  }
  const leadUrl = `http://127.0.0.1:${ports.lead}`;
  for (const subscriber of [{ name: 'incident-lead', url: `${leadUrl}/`, filter: '' }, ...subscribers])
    await topic.subscribe(subscriber);

  const run = (name: FunctionName, target: string, port: number, own: FunctionOptions['env']) => {
    const onLine = (line: string): void => {
      onOutput(line);
      reader.output(name, line);
    };
    const options = { folder: join(deployed, name), target, port, env: { LOG_LEVEL: 'debug', ...own }, onLine, signal };
    return supervise(target, 'starting it again, as Cloud Run would', () => startFunction(options), supervision);
  };
  const leadEnv = { DATABASE_URL: directory.url, DB_SCHEMA: directory.schema };
  const webhookEnv = {
    INCIDENT_WEBHOOK_SECRET: secret,
    INCIDENT_EVENTS_TOPIC: TOPIC,
    PUBSUB_EMULATOR_HOST: emulatorHost,
    ...(settings.page && { NODE_OPTIONS: `${NODE_OPTIONS} ${CAPTURE_REQUESTS}` }),
  };
  await both(
    startReceiver(() => run('incident-lead', 'incidentLead', ports.lead, leadEnv)),
    startSender(() => run('incident-webhook', 'incidentWebhook', ports.webhook, webhookEnv)),
  );
  const redriveAdvice = localRedriveAdvice(emulatorHost, folder);
  const subject = { eventLog, reader, webhookUrl, folder, redriveAdvice };
  const pagePort = settings.pagePort ?? (ports.webhook + 1) % 65_536;
  const page = settings.page && (await startSender(() => startPage(subject, pagePort)));
  signal.throwIfAborted();
  const started = parts.move();
  return {
    webhookUrl,
    emulatorHost,
    /** Where each part listens, for people. */
    addresses: [
      ...(page ? [['watch and send', page.url] as const] : []),
      ['incident-webhook', webhookUrl] as const,
      ['incident-lead', leadUrl] as const,
      ['Pub/Sub', topic.description] as const,
      ['alaner directory', directory.description] as const,
      ...subscribers.map(({ name, url = 'is pulled', filter }) => [name, url + (filter && `  (${filter})`)] as const),
    ],
    /** The full names of the subscriptions that wait to be pulled. */
    pulled: subscribers.filter(({ url }) => url === undefined).map(({ name }) => subscriptionName(name)),
    /** Stops every part, and leaves nothing behind. */
    stop: () => started.disposeAsync(),
  };
}

/** Starts parts until the signal is given; those of a group are stopped in reverse order. */
function partStarter(group: AsyncDisposableStack, signal: AbortSignal) {
  return async <Part extends { stop(): unknown }>(open: () => Promise<Part>): Promise<Part> => {
    signal.throwIfAborted();
    const part = await open();
    group.defer(async () => {
      await part.stop();
    });
    return part;
  };
}

/**
 * Builds both functions and deploys them like Google's buildpack, in a process group of its own: a
 * ctrl-C on the terminal would end the bundler below us in the middle of a word.
 * @returns the folder that holds a folder for each
 * @throws Error with what the build said.
 */
async function buildFunctions(): Promise<string> {
  const deploy = join(import.meta.dirname, '..', '..', 'build', 'deploy.ts');
  const child = spawn(process.execPath, [deploy], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const [folders, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(errors.trim() || `the build ended with exit code ${code}`);
  const [first = ''] = folders.split('\n');
  return dirname(first);
}

/** Waits for both, so that neither is still starting when the other one's failure is handled. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}
