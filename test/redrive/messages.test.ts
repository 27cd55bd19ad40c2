import { jest } from '@jest/globals';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import type { EmulatorOptions } from '../../tools/services/pubsub/emulator.ts';
import {
  addDeadLetters,
  DEAD_LETTER_TOPIC,
  DEAD_LETTERS,
  runRedrive,
  startRedrive,
  TOPIC,
  USUAL,
  withEmulator,
} from './run-redrive.ts';

// Five processes at a time: seconds on a quiet machine.
jest.setTimeout(90_000);

const fail = (failing: string, code: Code): EmulatorOptions => ({
  intercept: ({ method }) => (method === failing ? { fail: code, details: 'so the server says' } : undefined),
});
const instead = (option: string, value: string): string[] =>
  USUAL.map((given, index) => (USUAL[index - 1] === option ? value : given));

const NOT_ALLOWED = Code.PERMISSION_DENIED;

it.concurrent.each<[what: string, args: readonly string[], code: number, message: string, options?: EmulatorOptions]>([
  ['no options', [], 2, "error: required option '--subscription <name>' not specified"],
  ['a name with control characters', instead('--topic', '\u001b[31m'), 2, 'got "\\u{1b}[31m".'],
  ['an option with control characters', [...USUAL, '--\u001b[31m'], 2, "error: unknown option '--\\u{1b}[31m'"],
  [
    'the dead-letter topic as target',
    instead('--topic', 'dead'),
    2,
    'redrive: --topic is the topic that projects/p/subscriptions/dead itself is fed by: expected the one the messages came from before they were dead-lettered.',
  ],
  [
    'a topic that does not exist',
    instead('--topic', 'nope'),
    1,
    'redrive: projects/p/topics/nope does not exist on the emulator at 127.0.0.1:',
  ],
  [
    'no permission to pull',
    USUAL,
    1,
    'Not allowed to pull from projects/p/subscriptions/dead: the credentials need roles/pubsub.subscriber on it (in Terraform: redrive_operators).',
    fail('Pull', NOT_ALLOWED),
  ],
  [
    'no permission to publish',
    USUAL,
    1,
    'redrive: stopped early. Not allowed to publish to projects/p/topics/events: the credentials need roles/pubsub.publisher on it (in Terraform: redrive_operators).',
    fail('Publish', NOT_ALLOWED),
  ],
  [
    'a push subscription',
    instead('--subscription', 'push'),
    1,
    'Could not pull from projects/p/subscriptions/push: expected a pull subscription that is not detached.',
  ],
])('explains %s, and leaves every message where it is', (_, args, code, message, options = {}) =>
  withEmulator(options, async (emulator) => {
    const pushConfig = { pushEndpoint: 'http://127.0.0.1:9/' };
    emulator.createSubscription({ name: 'projects/p/subscriptions/push', topic: DEAD_LETTER_TOPIC, pushConfig });
    addDeadLetters(emulator, 60);
    const run = await runRedrive(emulator, args);
    expect(run.stderr).toContain(message);
    expect(run.code).toBe(code);
    expect(emulator.published(TOPIC)).toHaveLength(0);
    expect(emulator.backlog(DEAD_LETTERS)).toBe(60);
  }),
);

it.concurrent.each<[string, Record<string, string>]>([
  ['missing credentials', {}],
  ['credentials in a file that is not there', { GOOGLE_APPLICATION_CREDENTIALS: '/nonexistent/key.json' }],
  ['credentials in a file of another kind', { GOOGLE_APPLICATION_CREDENTIALS: import.meta.filename }],
])('explains %s', async (_, env) => {
  const { code, stderr } = await startRedrive(USUAL, { METADATA_SERVER_DETECTION: 'none', ...env }).done;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^redrive: No usable credentials: run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file\./,
    ),
  });
});

it.concurrent('explains an emulator host that is none', async () => {
  const { code, stderr } = await startRedrive(USUAL, { PUBSUB_EMULATOR_HOST: 'http://127.0.0.1:8085' }).done;
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'redrive: PUBSUB_EMULATOR_HOST must be host:port, such as 127.0.0.1:8085, but is "http://127.0.0.1:8085".\n',
  });
});

it.concurrent('gives up when 50 publishes in a row fail because Pub/Sub is out of order', () =>
  withEmulator(fail('Publish', Code.UNAVAILABLE), async (emulator) => {
    addDeadLetters(emulator, 120);
    const { code, stdout, stderr } = await runRedrive(emulator);
    expect(code).toBe(1);
    expect(stdout).toContain('0 moved, 50 failed.\n50 not moved stay in the subscription.\n');
    expect(stderr).toContain('  and 30 more\nredrive: stopped early. ');
    // Released: the next run finds all of them at once.
    expect((await runRedrive(emulator, [...USUAL, '--dry-run'])).stdout).toContain('120 would be moved.');
  }));

it.concurrent('explains an emulator that is not there', async () => {
  const { code, stderr } = await startRedrive(USUAL, { PUBSUB_EMULATOR_HOST: '127.0.0.1:1' }).done;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^redrive: Nothing answers at PUBSUB_EMULATOR_HOST=127\.0\.0\.1:1: start the emulator, or unset the variable/,
    ),
  });
});

it.concurrent('shows examples and exit codes with --help', async () => {
  const { code, stdout } = await startRedrive(['--help'], {}).done;
  expect(code).toBe(0);
  expect(stdout).toContain(
    '$ npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events --dry-run\n',
  );
  expect(stdout).toContain(
    'Exit codes: 0 all moved, 1 some or all could not be moved, 2 wrong use, 130 interrupted.\n',
  );
});

it.concurrent('needs nothing but the two roles: whoever may not look still moves', async () => {
  const options: EmulatorOptions = {
    intercept: ({ method }) => (/^(Get|List)/.test(method) ? { fail: NOT_ALLOWED } : undefined),
  };
  await withEmulator(options, async (emulator) => {
    addDeadLetters(emulator, 2);
    const { code, stdout } = await runRedrive(emulator);
    expect(code).toBe(0);
    expect(stdout).toContain('Who they are, these credentials may not see.\n');
    expect(stdout).toContain('2 moved, 0 failed.\n');
  });
});
