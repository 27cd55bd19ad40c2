import fc from 'fast-check';
import { readWebhookConfig } from '../../functions/incident-webhook/config.ts';
import { ConfigurationError, readLogConfig } from '../../shared/environment.ts';
import { SECRET } from '../../tools/events/sign.ts';

const RIGHT = { INCIDENT_WEBHOOK_SECRET: SECRET, INCIDENT_EVENTS_TOPIC: 'projects/p/topics/incident-events' };
const VARIABLES = [
  'INCIDENT_WEBHOOK_SECRET',
  'INCIDENT_EVENTS_TOPIC',
  'PUBSUB_EMULATOR_HOST',
  'SECRET_MANAGER_EMULATOR_HOST',
  'LOG_LEVEL',
] as const;

function faultsOf(env: Record<string, string | undefined>): string[] {
  try {
    readWebhookConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(({ variable }) => variable);
  }
}

it.each([
  ['literals', RIGHT, { kind: 'literals', secrets: [SECRET] }],
  [
    'two literals',
    { ...RIGHT, INCIDENT_WEBHOOK_SECRET: `\ufeff ${SECRET}\n${SECRET} ` },
    { kind: 'literals', secrets: [SECRET, SECRET] },
  ],
  [
    'a name',
    { ...RIGHT, INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook\n' },
    { kind: 'secret-manager', name: 'projects/p/secrets/webhook', emulatorHost: undefined },
  ],
])('reads %s', (_name, env, secret) => {
  expect(readWebhookConfig(env)).toEqual({ secret, topic: RIGHT.INCIDENT_EVENTS_TOPIC, pubsubEmulatorHost: undefined });
});

it.each(['localhost:8085', 'http://localhost:8085', 'http://localhost:8085/'])('takes the emulator %s', (text) => {
  expect(readWebhookConfig({ ...RIGHT, PUBSUB_EMULATOR_HOST: text })).toMatchObject({
    pubsubEmulatorHost: 'localhost:8085',
  });
});

it.each<[string, Record<string, string | undefined>, string[]]>([
  ['nothing', {}, ['INCIDENT_WEBHOOK_SECRET', 'INCIDENT_EVENTS_TOPIC']],
  ['white space for a secret', { ...RIGHT, INCIDENT_WEBHOOK_SECRET: ' \n' }, ['INCIDENT_WEBHOOK_SECRET']],
  [
    'one wrong literal among right ones',
    { ...RIGHT, INCIDENT_WEBHOOK_SECRET: `${SECRET} x` },
    ['INCIDENT_WEBHOOK_SECRET'],
  ],
  ['a literal in quotes', { ...RIGHT, INCIDENT_WEBHOOK_SECRET: `"${SECRET}"` }, ['INCIDENT_WEBHOOK_SECRET']],
  [
    'a version of a secret',
    { ...RIGHT, INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/s/versions/1' },
    ['INCIDENT_WEBHOOK_SECRET'],
  ],
  ['a topic id alone', { ...RIGHT, INCIDENT_EVENTS_TOPIC: 'incident-events' }, ['INCIDENT_EVENTS_TOPIC']],
  ['an emulator without port', { ...RIGHT, PUBSUB_EMULATOR_HOST: 'localhost' }, ['PUBSUB_EMULATOR_HOST']],
  ['an emulator that is a scheme alone', { ...RIGHT, PUBSUB_EMULATOR_HOST: 'http://' }, ['PUBSUB_EMULATOR_HOST']],
  ['an unknown log level', { ...RIGHT, LOG_LEVEL: 'trace' }, ['LOG_LEVEL']],
  [
    'emulators where it is deployed',
    { ...RIGHT, K_SERVICE: 's', PUBSUB_EMULATOR_HOST: 'h:1', SECRET_MANAGER_EMULATOR_HOST: 'h:1' },
    ['PUBSUB_EMULATOR_HOST', 'SECRET_MANAGER_EMULATOR_HOST'],
  ],
])('names all that is wrong: %s', (_name, env, expected) => {
  expect(faultsOf(env).sort()).toEqual([...expected].sort());
});

it.each([
  // Whether Pub/Sub itself would give out such a name is Pub/Sub's to say: an emulator does.
  ['projects/P/topics/T', []],
  ['projects/example.com:p/topics/incident.events_1~+%', []],
  ['projects/p/topics/', ['INCIDENT_EVENTS_TOPIC']],
  ['projects/p/topics/1', ['INCIDENT_EVENTS_TOPIC']],
  ['projects//topics/t', ['INCIDENT_EVENTS_TOPIC']],
  ['projects/p/topics/t/u', ['INCIDENT_EVENTS_TOPIC']],
  ['projects/p/subscriptions/t', ['INCIDENT_EVENTS_TOPIC']],
])('judges the topic %s', (topic, expected) => {
  expect(faultsOf({ ...RIGHT, INCIDENT_EVENTS_TOPIC: topic })).toEqual(expected);
});

it('never tells a value, and always names what it refuses', () => {
  const value = fc.stringMatching(/^[a-z]{3}VALUE[!-~]{0,20}$/);
  fc.assert(
    fc.property(fc.record(Object.fromEntries(VARIABLES.map((name) => [name, value]))), (env) => {
      let message = '';
      try {
        readWebhookConfig(env);
      } catch (error) {
        message = String(error) + JSON.stringify(error);
      }
      for (const variable of VARIABLES.filter((name) => name !== 'LOG_LEVEL')) {
        // A host and a port may come out by chance.
        if (!/:[0-9]{1,5}$/.test(env[variable] ?? '')) expect(message).toContain(variable);
      }
      expect(message).not.toContain('VALUE');
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['GOOGLE_CLOUD_PROJECT', { GOOGLE_CLOUD_PROJECT: 'own', ...RIGHT }, 'own'],
  ['the topic', RIGHT, 'p'],
  ['the topic where the variable holds no project', { GOOGLE_CLOUD_PROJECT: 'p'.repeat(3_000), ...RIGHT }, 'p'],
  ['nothing', {}, undefined],
])('takes the project of traces from %s', (_name, env, project) => {
  expect(readLogConfig(env).project).toBe(project);
});
