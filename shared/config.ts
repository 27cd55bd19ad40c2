import { parseSigningSecret } from './signing-secret.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Reader<T> = (faults: Fault[]) => T;

/** A variable that is missing or malformed: its name and what was expected, never its value. */
export interface Fault {
  readonly variable: string;
  readonly expected: string;
}

/** Thrown by the `read...Config` functions; names every variable that is wrong, never a value. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(`configuration: ${faults.map(({ variable, expected }) => `${variable} ${expected}`).join('; ')}`);
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

/** Lowest severity that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What every log line needs to know of the process. */
export interface LogConfig {
  readonly level: LogLevel;
  /** Google Cloud project for trace names. */
  readonly project: string | undefined;
  readonly service: string;
  readonly version: string;
}

/** Where the webhook function gets its signing secrets from. */
export type SecretSource =
  | { readonly kind: 'secret-manager'; readonly name: string; readonly emulatorHost: string | undefined }
  | { readonly kind: 'literals'; readonly secrets: readonly string[] };

/** Configuration of the webhook function. */
export interface WebhookConfig {
  readonly secret: SecretSource;
  /** `projects/P/topics/T`. */
  readonly topic: string;
  /** `host:port` of a Pub/Sub emulator. */
  readonly pubsubEmulatorHost: string | undefined;
}

/** Where the subscriber function finds the alaner directory. */
export type DatabaseSource =
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'cloud-sql';
      /** `project:region:instance`. */
      readonly instance: string;
      readonly user: string;
      readonly database: string;
      readonly ipType: 'PRIVATE' | 'PUBLIC' | 'PSC';
    };

/** Configuration of the subscriber function. */
export interface LeadConfig {
  readonly database: DatabaseSource;
  /** Connections per instance. */
  readonly poolMax: number;
}

/** Name of a secret in Secret Manager. */
export const SECRET_NAME = /^projects\/[^/\s]+\/secrets\/[A-Za-z0-9_-]{1,255}$/;
const TOPIC_NAME = /^projects\/[^/\s]+\/topics\/[A-Za-z][A-Za-z0-9._~+%-]{0,254}$/;
const INSTANCE_NAME = /^[^:\s]+(:[^:\s]+)?:[^:\s]+:[^:\s]+$/;
const HOST_AND_PORT = /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):([0-9]{1,5})$/;
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** For local runs and tests alone, whichever function reads them. */
const LOCAL_VARIABLES = ['PUBSUB_EMULATOR_HOST', 'SECRET_MANAGER_EMULATOR_HOST', 'DATABASE_URL'];
const IP_TYPES = ['PRIVATE', 'PUBLIC', 'PSC'] as const;

/**
 * Reads what the webhook function needs.
 * @throws ConfigurationError naming everything that is wrong at once.
 */
export function readWebhookConfig(env: Environment = process.env): WebhookConfig {
  return read(env, (faults) => ({
    secret: readSecretSource(env, faults),
    topic: required(env, faults, 'INCIDENT_EVENTS_TOPIC', TOPIC_NAME, 'projects/P/topics/T'),
    pubsubEmulatorHost: emulatorHost(env, faults, 'PUBSUB_EMULATOR_HOST'),
  }));
}

/**
 * Reads what the subscriber function needs.
 * @throws ConfigurationError naming everything that is wrong at once.
 */
export function readLeadConfig(env: Environment = process.env): LeadConfig {
  return read(env, (faults) => ({
    database: readDatabaseSource(env, faults),
    poolMax: readPoolMax(env, faults),
  }));
}

/** Reads what logging needs. Never throws: a wrong `LOG_LEVEL` is named by the other readers and logs at `info` until then. */
export function readLogConfig(env: Environment = process.env): LogConfig {
  const owner =
    /^projects\/([^/]+)\//.exec(env['INCIDENT_EVENTS_TOPIC'] ?? '') ??
    /^([^:]+):/.exec(env['CLOUD_SQL_INSTANCE'] ?? '');
  return {
    level: LOG_LEVELS.find((level) => level === env['LOG_LEVEL']) ?? 'info',
    project: env['GOOGLE_CLOUD_PROJECT'] || owner?.[1],
    service: env['K_SERVICE'] || env['FUNCTION_TARGET'] || 'local',
    version: env['K_REVISION'] || 'local',
  };
}

function read<T>(env: Environment, reader: Reader<T>): T {
  const faults: Fault[] = [];
  const config = reader(faults);
  for (const variable of LOCAL_VARIABLES) {
    if (isSet(env['K_SERVICE']) && isSet(env[variable]))
      faults.push({ variable, expected: 'must not be set in a deployed function' });
  }
  if (isSet(env['LOG_LEVEL']) && !LOG_LEVELS.some((level) => level === env['LOG_LEVEL'])) {
    faults.push({ variable: 'LOG_LEVEL', expected: `must be one of ${LOG_LEVELS.join(', ')}` });
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return config;
}

function readSecretSource(env: Environment, faults: Fault[]): SecretSource {
  const variable = 'INCIDENT_WEBHOOK_SECRET';
  const host = emulatorHost(env, faults, 'SECRET_MANAGER_EMULATOR_HOST');
  const text = (env[variable] ?? '').trim();
  if (text === '') faults.push({ variable, expected: 'is missing: projects/P/secrets/S, or whsec_ literals' });
  if (SECRET_NAME.test(text)) return { kind: 'secret-manager', name: text, emulatorHost: host };
  const secrets = text.split(/\s+/).filter((literal) => literal !== '');
  if (secrets.some((literal) => parseSigningSecret(literal) === undefined)) {
    faults.push({
      variable,
      expected: 'must be projects/P/secrets/S, or literals of whsec_ and the padded base64 of 16 to 75 bytes',
    });
  }
  return { kind: 'literals', secrets };
}

function readDatabaseSource(env: Environment, faults: Fault[]): DatabaseSource {
  if (isSet(env['DATABASE_URL'])) return readDatabaseUrl(env, env['DATABASE_URL'], faults);
  return {
    kind: 'cloud-sql',
    instance: required(env, faults, 'CLOUD_SQL_INSTANCE', INSTANCE_NAME, 'project:region:instance'),
    user: required(env, faults, 'DB_USER', /^\S+$/, 'the IAM user without .gserviceaccount.com'),
    database: required(env, faults, 'DB_NAME', /^\S+$/, 'a database name'),
    ipType: readIpType(env, faults),
  };
}

function readDatabaseUrl(env: Environment, url: string, faults: Fault[]): DatabaseSource {
  const variable = 'DATABASE_URL';
  if (isSet(env['CLOUD_SQL_INSTANCE']))
    faults.push({ variable, expected: 'must not be set beside CLOUD_SQL_INSTANCE' });
  if (!/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) {
    faults.push({ variable, expected: 'must be a URL postgres://user:password@host:port/database' });
  }
  return { kind: 'url', url };
}

function readIpType(env: Environment, faults: Fault[]): (typeof IP_TYPES)[number] {
  const text = env['DB_IP_TYPE'] || 'PRIVATE';
  const known = IP_TYPES.find((type) => type === text);
  if (known === undefined) faults.push({ variable: 'DB_IP_TYPE', expected: `must be one of ${IP_TYPES.join(', ')}` });
  return known ?? 'PRIVATE';
}

function readPoolMax(env: Environment, faults: Fault[]): number {
  const text = env['DB_POOL_MAX'] || '2';
  if (!/^[1-9][0-9]{0,2}$/.test(text))
    faults.push({ variable: 'DB_POOL_MAX', expected: 'must be a whole number from 1 to 999' });
  return Number(text);
}

function required(env: Environment, faults: Fault[], variable: string, form: RegExp, expected: string): string {
  const text = env[variable] ?? '';
  if (text === '') faults.push({ variable, expected: `is missing: ${expected}` });
  else if (!form.test(text)) faults.push({ variable, expected: `must be ${expected}` });
  return text;
}

function emulatorHost(env: Environment, faults: Fault[], variable: string): string | undefined {
  // Google's clients take a scheme and a slash around it, too.
  const text = env[variable]?.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  if (!isSet(text)) return undefined;
  const port = Number(HOST_AND_PORT.exec(text)?.[2]);
  if (!(port >= 1 && port <= 65_535)) faults.push({ variable, expected: 'must be host:port' });
  return text;
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
