/** The environment of a process; tests pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is missing or malformed: its name and what was expected, never its value. */
export interface VariableFault {
  readonly variable: string;
  readonly expected: string;
}

/** Thrown if a configuration is wrong; names every wrong variable, never a value. */
export class ConfigurationError extends Error {
  readonly faults: readonly VariableFault[];

  constructor(faults: readonly VariableFault[]) {
    super(`configuration: ${faults.map(({ variable, expected }) => `${variable} ${expected}`).join('; ')}`);
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

/** Lowest severity that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What every log line needs to know about the process. */
export interface LogConfig {
  readonly level: LogLevel;
  /** Google Cloud project for trace names. */
  readonly project: string | undefined;
  readonly service: string;
  readonly version: string;
}

/** Reads variables one by one and collects their faults. */
export interface Variables {
  /** The value; undefined if it is missing or empty. */
  get(variable: string): string | undefined;
  /** The value, which must match; `expected` completes "must be ...". */
  required(variable: string, form: RegExp, expected: string): string;
  /** One of these values. */
  oneOf<Value extends string>(variable: string, values: readonly Value[], fallback: Value): Value;
  /** `host:port` of a plain-text server; undefined if it is missing. */
  emulatorHost(variable: string): string | undefined;
  fault(variable: string, expected: string): void;
}

const HOST_AND_PORT = /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):([0-9]{1,5})$/;
/** A project id has at most 30 characters, and a domain may precede it. */
const PROJECT = /^[^\s/]{1,100}$/;
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** For local runs and tests only, in both functions. */
const LOCAL_VARIABLES = ['PUBSUB_EMULATOR_HOST', 'SECRET_MANAGER_EMULATOR_HOST', 'DATABASE_URL'];

/**
 * Reads a configuration.
 * @throws ConfigurationError naming everything that is wrong at once.
 */
export function readEnvironment<Config>(env: Environment, read: (variables: Variables) => Config): Config {
  const faults: VariableFault[] = [];
  const variables = variablesOf(env, faults);
  const config = read(variables);
  variables.oneOf('LOG_LEVEL', LOG_LEVELS, 'info');
  if (variables.get('K_SERVICE') !== undefined) {
    for (const variable of LOCAL_VARIABLES.filter((name) => variables.get(name) !== undefined)) {
      variables.fault(variable, 'must not be set in a deployed function');
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return config;
}

/**
 * Reads what logging needs. Never throws: `readEnvironment` names a wrong `LOG_LEVEL`; here it
 * means `info`.
 */
export function readLogConfig(env: Environment): LogConfig {
  const [, ofTopic] = /^projects\/([^/]+)\//.exec(env['INCIDENT_EVENTS_TOPIC'] ?? '') ?? [];
  const [, ofInstance] = /^([^:]+):/.exec(env['CLOUD_SQL_INSTANCE'] ?? '') ?? [];
  return {
    level: LOG_LEVELS.find((level) => level === env['LOG_LEVEL']) ?? 'info',
    // What cannot be a project would only make every line longer.
    project: [env['GOOGLE_CLOUD_PROJECT'], ofTopic, ofInstance].find((project) => PROJECT.test(project ?? '')),
    service: env['K_SERVICE'] || env['FUNCTION_TARGET'] || 'local',
    version: env['K_REVISION'] || 'local',
  };
}

function variablesOf(env: Environment, faults: VariableFault[]): Variables {
  const get = (variable: string): string | undefined => env[variable] || undefined;
  const fault = (variable: string, expected: string): void => void faults.push({ variable, expected });
  return {
    get,
    fault,
    required(variable, form, expected) {
      const text = get(variable);
      if (text === undefined) fault(variable, `is missing: ${expected}`);
      else if (!form.test(text)) fault(variable, `must be ${expected}`);
      return text ?? '';
    },
    oneOf(variable, values, fallback) {
      const known = values.find((value) => value === (get(variable) ?? fallback));
      if (known === undefined) fault(variable, `must be one of ${values.join(', ')}`);
      return known ?? fallback;
    },
    emulatorHost(variable) {
      // Google's clients accept a scheme and a slash around it as well.
      const text = get(variable)
        ?.replace(/^https?:\/\//, '')
        .replace(/\/+$/, '');
      if (text === undefined) return undefined;
      const port = Number(HOST_AND_PORT.exec(text)?.[2]);
      if (!(port >= 1 && port <= 65_535)) fault(variable, 'must be host:port');
      return text;
    },
  };
}
