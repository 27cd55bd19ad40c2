import { InvalidArgumentError } from 'commander';
import { readLeadConfig } from '../../../functions/incident-lead/config.ts';
import { readWebhookConfig } from '../../../functions/incident-webhook/config.ts';
import { ConfigurationError, type Environment } from '../../../shared/environment.ts';
import type { GivenDatabase } from '../../services/postgres/directory.ts';
import type { SubscriberSettings } from './subscribers.ts';

/** The topic of local runs; the same name as in production. */
export const TOPIC = 'projects/alan-eu-tools/topics/incident-events';

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
export interface Settings extends StartOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** undefined: the one kept in the folder. */
  readonly secret: string | undefined;
  /** undefined: an embedded PostgreSQL. */
  readonly database: GivenDatabase | undefined;
  /** `host:port`; undefined: the emulator of this repository. */
  readonly pubsubHost: string | undefined;
}

/** A well-formed secret, to check the other variables where none is given. */
const STAND_IN = `whsec_${Buffer.alloc(24).toString('base64')}`;

/**
 * Completes the command line with the environment.
 * @throws Error with every variable that is wrong, one line each, and never its value.
 */
export function readSettings(options: StartOptions, env: Environment = process.env): Settings {
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      faults.push(...sentencesOf(error));
      return undefined;
    }
  };
  const secret = env['INCIDENT_WEBHOOK_SECRET'] || undefined;
  const pubsubHost = env['PUBSUB_EMULATOR_HOST'] || undefined;
  const port = attempt(() => readPort(env['PORT'] || '8080')) ?? 0;
  const url = env['DATABASE_URL'] || undefined;
  const schema = url && attempt(() => readLeadConfig(env).schema);
  // The function would say so too, but only after everything has started.
  attempt(() =>
    readWebhookConfig({
      INCIDENT_WEBHOOK_SECRET: secret ?? STAND_IN,
      INCIDENT_EVENTS_TOPIC: TOPIC,
      PUBSUB_EMULATOR_HOST: pubsubHost,
    }),
  );
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return { ...options, port, secret, database: url && schema ? { url, schema } : undefined, pubsubHost };
}

/** @throws InvalidArgumentError, whose sentence follows the name of the variable or the option. */
export function readPort(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It must be a port, a number from 0 (any free one) to 65535.');
}

function sentencesOf(error: unknown): string[] {
  if (!(error instanceof ConfigurationError)) return [(error as Error).message.replace(/^It /, 'PORT ')];
  return error.faults.map(({ variable, expected }) => `${variable} ${expected}. Correct it, or unset it.`);
}
