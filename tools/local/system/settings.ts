import { InvalidArgumentError } from 'commander';
import { readLeadConfig } from '../../../functions/incident-lead/config.ts';
import { readWebhookConfig } from '../../../functions/incident-webhook/config.ts';
import { ConfigurationError, type Environment } from '../../../shared/environment.ts';
import { compileFilter } from '../../services/pubsub/filter.ts';

/** The topic of local runs; the same name as in production. */
export const TOPIC = 'projects/alan-eu-tools/topics/incident-events';

/** A subscriber of the topic. */
export interface SubscriberSettings {
  /** Its subscription's id. */
  readonly name: string;
  /** Where messages are pushed to; undefined: they are pulled. */
  readonly url?: string;
  /** Pub/Sub's filter language; '' passes everything. */
  readonly filter: string;
}

/** The command line of `npm start`. */
export interface StartOptions {
  readonly subscriber: readonly SubscriberSettings[];
  readonly pull: readonly SubscriberSettings[];
  /** The filter of the built-in subscriber; undefined: do not start it. */
  readonly demoSubscriber?: string;
  /** False: no page. */
  readonly page: boolean;
  /** 0 takes a free one; undefined: the one after the webhook's, or a free one where that is taken. */
  readonly pagePort?: number;
  /** Where log, secret and address are kept. */
  readonly folder: string;
}

/** What to start, and with what. */
export type Settings = ReturnType<typeof readSettings>;

/** https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names, and short enough for its dead letter's name. */
const SUBSCRIPTION_ID = /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,240}$/;
const OWN_NAMES = /^(incident-lead|demo-subscriber|subscriber-[0-9]+)(-dead-letter)?$/;
const EXAMPLE_FILTER = 'attributes.incidentStatus = "learning"';

/** A well-formed secret, to check the other variables where none is given. */
const STAND_IN = `whsec_${Buffer.alloc(24).toString('base64')}`;

/**
 * Completes the command line with the environment.
 * @throws Error with every variable that is wrong, one line each, and never its value.
 */
export function readSettings(options: StartOptions, env: Environment = process.env) {
  const port = env['PORT'] || '8080';
  const secret = env['INCIDENT_WEBHOOK_SECRET'] || undefined;
  const pubsubHost = env['PUBSUB_EMULATOR_HOST'] || undefined;
  const url = env['DATABASE_URL'] || undefined;
  // The functions would say so too, but only after everything has started.
  const faults = [
    () => readPort(port),
    () => url && readLeadConfig(env),
    () =>
      readWebhookConfig({
        INCIDENT_WEBHOOK_SECRET: secret ?? STAND_IN,
        INCIDENT_EVENTS_TOPIC: TOPIC,
        PUBSUB_EMULATOR_HOST: pubsubHost,
      }),
  ].flatMap(faultsOf);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return {
    ...options,
    /** 0 takes a free one. */
    port: readPort(port),
    /** undefined: the one kept in the folder. */
    secret,
    /** undefined: an embedded PostgreSQL. */
    database: url === undefined ? undefined : { url, schema: readLeadConfig(env).schema },
    /** `host:port`; undefined: the emulator of this repository. */
    pubsubHost,
  };
}

function faultsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) return [(error as Error).message.replace(/^It /, 'PORT ')];
    return error.faults.map(({ variable, expected }) => `${variable} ${expected}. Correct it, or unset it.`);
  }
}

// Each reads the text of an option for commander, which puts option and text before the sentences of the errors.

/** A port; for the variable PORT too. */
export function readPort(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It must be a port, a number from 0 (any free one) to 65535.');
}

/** Adds a push subscriber: a URL, and a filter after a blank. */
export function addPushSubscriber(text: string, others: readonly SubscriberSettings[]): SubscriberSettings[] {
  const [url = '', ...filter] = text.trim().split(/\s+/);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new InvalidArgumentError(
      `It must be an http or https URL, optionally followed by a space and a filter. Example: 'http://127.0.0.1:9000/ ${EXAMPLE_FILTER}'`,
    );
  }
  return [...others, { name: `subscriber-${others.length + 1}`, url, filter: readFilter(filter.join(' ')) }];
}

/** Adds a pull subscriber: the name of its subscription, and a filter after a colon. */
export function addPullSubscriber(text: string, others: readonly SubscriberSettings[]): SubscriberSettings[] {
  const [, name = '', filter = ''] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? [];
  if (!SUBSCRIPTION_ID.test(name)) {
    throw new InvalidArgumentError(
      `It must be the name of a subscription (a letter, then letters, digits and . _ ~ + % -), optionally followed by a colon and a filter. Example: 'my-team:${EXAMPLE_FILTER}'`,
    );
  }
  if (OWN_NAMES.test(name))
    throw new InvalidArgumentError(`${name} is a subscription of npm start itself. Choose another name.`);
  if (others.some((other) => other.name === name))
    throw new InvalidArgumentError(`${name} is given twice. Choose another name.`);
  return [...others, { name, filter: readFilter(filter.trim()) }];
}

/** Returns the filter as it is. */
export function readFilter(filter: string): string {
  try {
    compileFilter(filter);
    return filter;
  } catch (error) {
    throw new InvalidArgumentError(
      `"${filter}" is not a Pub/Sub filter (${(error as Error).message}) Example: ${EXAMPLE_FILTER}`,
    );
  }
}
