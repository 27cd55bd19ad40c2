import { readLeadConfig } from '../../../functions/incident-lead/config.ts';
import { readWebhookConfig } from '../../../functions/incident-webhook/config.ts';
import { ConfigurationError } from '../../../shared/environment.ts';
import type { GivenDatabase } from '../../services/postgres/directory.ts';
import type { PagePort } from '../page/server.ts';
import {
  readDemoFilter,
  readPullSubscriber,
  readPushSubscriber,
  type SubscriberSettings,
  TOPIC,
} from './subscribers.ts';

/** What to start, and with what. */
export interface Settings {
  /** 0 takes a free one. */
  readonly port: number;
  /** undefined: the one kept in the folder. */
  readonly secret: string | undefined;
  /** undefined: an embedded PostgreSQL. */
  readonly database: GivenDatabase | undefined;
  /** `host:port`; undefined: the emulator of this repository. */
  readonly pubsubHost: string | undefined;
  readonly subscribers: readonly SubscriberSettings[];
  /** The filter of the built-in subscriber; undefined: do not start it. */
  readonly demoFilter: string | undefined;
  /** undefined: no page. */
  readonly page: PagePort | undefined;
  /** Where log, secret and address are kept. */
  readonly folder: string;
}

/** The command line of `npm start`. */
export interface StartOptions {
  readonly subscriber?: readonly string[];
  readonly pull?: readonly string[];
  readonly demoSubscriber?: string | true;
  /** False: no page. */
  readonly page: boolean;
  readonly pagePort?: string;
  readonly folder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line and the environment.
 * @throws Error with everything that is wrong, one line each: what was expected, and what came
 *   where that is no secret.
 */
export function readSettings(options: StartOptions, env: Environment = process.env): Settings {
  const faults: string[] = [];
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      faults.push(...sentencesOf(error));
      return otherwise;
    }
  };
  const port = attempt(() => readPort('PORT', env['PORT'] || '8080'), 0);
  const settings: Settings = {
    port,
    secret: env['INCIDENT_WEBHOOK_SECRET'] || undefined,
    database: env['DATABASE_URL'] ? attempt(() => readDatabase(env), undefined) : undefined,
    pubsubHost: env['PUBSUB_EMULATOR_HOST'] || undefined,
    subscribers: [
      ...(options.subscriber ?? []).flatMap((text, index) => attempt(() => [readPushSubscriber(text, index)], [])),
      ...(options.pull ?? []).flatMap((text) => attempt(() => [readPullSubscriber(text)], [])),
    ],
    demoFilter: attempt(() => readDemoFilter(options.demoSubscriber), undefined),
    page: options.page ? attempt(() => readPagePort(options.pagePort, port), undefined) : undefined,
    folder: options.folder,
  };
  const names = settings.subscribers.map(({ name }) => name);
  for (const name of names.filter((each, index) => names.indexOf(each) !== index))
    faults.push(`--pull: ${name} is given twice. Choose another name.`);
  // The functions would say so too, but one by one, and only after everything has started.
  if (settings.secret !== undefined || settings.pubsubHost !== undefined)
    attempt(() => readWebhookConfig({ INCIDENT_WEBHOOK_SECRET: STAND_IN, ...env, INCIDENT_EVENTS_TOPIC: TOPIC }), null);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return settings;
}

/** A well-formed secret, to check the other variables where none is given. */
const STAND_IN = `whsec_${Buffer.alloc(24).toString('base64')}`;

function sentencesOf(error: unknown): string[] {
  if (error instanceof ConfigurationError) {
    return error.faults.map(({ variable, expected }) => `${variable} ${expected}. Correct it, or unset it.`);
  }
  return [(error as Error).message];
}

function readDatabase(env: Environment): GivenDatabase | undefined {
  const { database, schema } = readLeadConfig(env);
  return database.kind === 'url' ? { url: env['DATABASE_URL'] ?? '', schema } : undefined;
}

function readPort(name: string, text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error(`${name} must be a port, a number from 0 (any free one) to 65535, but is "${text}".`);
}

function readPagePort(text: string | undefined, webhookPort: number): PagePort {
  if (text !== undefined) return { port: readPort('--page-port', text), orAnother: false };
  // Beside the webhook's, so that it stays the same from one start to the next.
  const port = webhookPort === 0 || webhookPort === 65_535 ? 0 : webhookPort + 1;
  return { port, orAnother: true };
}
