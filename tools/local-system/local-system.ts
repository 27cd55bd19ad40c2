import { join } from 'node:path';
import { build } from '../build.ts';
import { findSigningSecret } from '../sample-event/signing-secret.ts';
import { startDemoSubscriber } from './demo-subscriber.ts';
import { openDirectory } from './directory.ts';
import { assertPortFree, freePort } from './free-port.ts';
import type { FunctionOptions } from './function-process.ts';
import { type FunctionName, Journal, type JournalEntry, noteOfDelivery, noteOfOutput } from './journal.ts';
import { announce, localSecret } from './local-folder.ts';
import { startPage } from './page/server.ts';
import { type Settings, TOPIC } from './settings.ts';
import { superviseFunction } from './supervised-function.ts';
import { openTopic } from './topic.ts';

/** The whole system on one machine, running. */
export interface LocalSystem {
  readonly webhookUrl: string;
  readonly journal: Journal;
  /** Where each part listens, for people: name and address. */
  readonly parts: readonly (readonly [name: string, address: string])[];
  /** Stops every part, in the order of the way, and leaves nothing behind. */
  stop(): Promise<void>;
}

/** Whoever starts the system, and what it is told. */
export interface Starter {
  /** Ends the start. */
  readonly signal: AbortSignal;
  /** Told when the system has to end: a function cannot be kept running. */
  readonly onLost: (sentence: string) => void;
  /** Told everything that the parts say, from the beginning. */
  readonly onEntry: (entry: JournalEntry) => void;
}

/** The path of the webhook; section "Calling it" of the README. */
const PATH = '/webhooks/incident/lead';

/**
 * Builds and starts everything.
 * @throws Error that says what was expected, what came, and what to do; what had started is stopped again.
 */
export async function startLocalSystem(settings: Settings, { signal, onLost, onEntry }: Starter): Promise<LocalSystem> {
  await using started = new AsyncDisposableStack();
  /** Starts a part, unless the start was given up; a part is stopped when everything that came after it is. */
  const start = async <T extends { stop(): Promise<void> }>(part: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return started.adopt(await part(), (running) => running.stop());
  };
  if (settings.port !== 0) await assertPortFree(settings.port, 'PORT');
  const webhookPort = settings.port || (await freePort());
  const webhookUrl = `http://127.0.0.1:${webhookPort}${PATH}`;
  const secret = settings.secret ?? localSecret(settings.folder);
  started.defer(announce(settings.folder, { pid: process.pid, webhookUrl }));
  const journal = new Journal(settings.folder);
  journal.listen(onEntry);
  await build();

  const directory = await start(() => openDirectory(settings.databaseUrl));
  const run = async (name: FunctionName, port: number, env: FunctionOptions['env']) =>
    superviseFunction(
      {
        folder: join(import.meta.dirname, '..', '..', 'dist', name),
        target: name === 'incident-webhook' ? 'incidentWebhook' : 'incidentLead',
        port,
        env: { LOG_LEVEL: 'debug', ...env },
        onLine: (line) => journal.note(noteOfOutput(name, line)),
        signal,
      },
      { onRestart: (text) => journal.note({ source: 'local-system', text }), onLost },
    );
  const leadPort = await freePort();
  const lead = await start(() => run('incident-lead', leadPort, { DATABASE_URL: directory.url }));
  const subscribers = [...settings.subscribers];
  if (settings.demoFilter !== undefined) {
    const demo = await start(() =>
      startDemoSubscriber((message) => journal.note({ source: 'demo-subscriber', message })),
    );
    subscribers.push({ name: 'demo-subscriber', url: demo.url, filter: settings.demoFilter });
  }
  // Stopped before its subscribers are, so that no push goes astray.
  const topic = await start(() =>
    openTopic(settings.pubsubHost, (event) => {
      const note = noteOfDelivery(event);
      if (note) journal.note(note);
    }),
  );
  await topic.subscribe('incident-lead', `${lead.url}/`);
  for (const { name, url, filter } of subscribers) await topic.subscribe(name, url, filter);
  await start(() =>
    run('incident-webhook', webhookPort, {
      INCIDENT_WEBHOOK_SECRET: secret,
      INCIDENT_EVENTS_TOPIC: TOPIC,
      PUBSUB_EMULATOR_HOST: topic.host,
    }),
  );
  const { page } = settings;
  const pages =
    page === undefined
      ? []
      : [
          await start(() =>
            startPage(
              { journal, webhookUrl, secret: () => findSigningSecret(new URL(webhookUrl), settings.folder) },
              page,
            ),
          ),
        ];
  signal.throwIfAborted();
  const running = started.move();
  return {
    webhookUrl,
    journal,
    parts: [
      ...pages.map(({ url }) => ['page', url] as const),
      ['incident-webhook', webhookUrl],
      ['incident-lead', lead.url],
      ['Pub/Sub', topic.description],
      ['alaner directory', directory.description],
      ...subscribers.map(({ name, url, filter }) => [name, `${url}${filter && `  (${filter})`}`] as const),
    ],
    stop: () => running.disposeAsync(),
  };
}
