import { jest } from '@jest/globals';
import type { Request } from '../../tools/redrive/run.ts';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import type { EmulatorOptions } from '../../tools/services/pubsub/emulator.ts';
import { DEAD_LETTER_TOPIC, faulty, runRedrive, startRedrive, USUAL, withDeadLetters } from './run-redrive.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

const fail = (failing: string, code: Code): EmulatorOptions =>
  faulty(failing, () => ({ fail: code, details: 'so the server says' }));
const NOT_ALLOWED = Code.PERMISSION_DENIED;

it.each<[what: string, request: Partial<Request>, code: number, message: string, options?: EmulatorOptions]>([
  ['a name with control characters', { topic: '\u001b[31m' }, 2, 'got "\\u001b[31m".'],
  ['the dead-letter topic as target', { topic: 'dead' }, 2, 'projects/p/subscriptions/dead itself is fed by: expected'],
  ['a topic that does not exist', { topic: 'nope' }, 1, 'projects/p/topics/nope does not exist on the emulator at 127'],
  ['a push subscription', { subscription: 'push' }, 1, 'push: expected a pull subscription that is not detached.'],
  [
    'no permission to pull',
    {},
    1,
    'Not allowed to pull from projects/p/subscriptions/dead: the credentials need roles/pubsub.subscriber on it (in Terraform: redrive_operators).',
    fail('Pull', NOT_ALLOWED),
  ],
  [
    'no permission to publish',
    {},
    1,
    'redrive: stopped early. Not allowed to publish to projects/p/topics/events: the credentials need roles/pubsub.publisher on it (in Terraform: redrive_operators).',
    fail('Publish', NOT_ALLOWED),
  ],
])('explains %s, and leaves every message where it is', (_, request, code, message, options = {}) =>
  withDeadLetters(60, options, async ({ emulator, arrived, left, run }) => {
    const pushConfig = { pushEndpoint: 'http://127.0.0.1:9/' };
    emulator.createSubscription({ name: 'projects/p/subscriptions/push', topic: DEAD_LETTER_TOPIC, pushConfig });
    expect(await run(request)).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(arrived()).toEqual([]);
    expect(left()).toBe(60);
  }),
);

it.concurrent.each<[string, Record<string, string>]>([
  ['missing credentials', {}],
  ['credentials in a file that is not there', { GOOGLE_APPLICATION_CREDENTIALS: '/nonexistent/key.json' }],
  ['credentials in a file of another kind', { GOOGLE_APPLICATION_CREDENTIALS: import.meta.filename }],
])('explains %s', async (_, env) => {
  const { code, stderr } = await startRedrive(USUAL, { METADATA_SERVER_DETECTION: 'none', ...env }).done;
  expect(stderr).toMatch(
    /^redrive: No usable credentials: run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file\./,
  );
  expect(code).toBe(1);
});

it.each([
  ['http://127.0.0.1:8085', 2, 'PUBSUB_EMULATOR_HOST must be host:port, such as 127.0.0.1:8085, but is "http://127.'],
  ['127.0.0.1:1', 1, 'Nothing answers at PUBSUB_EMULATOR_HOST=127.0.0.1:1: start the emulator, or unset the variable'],
])('explains that %s is not an emulator', async (host, code, message) => {
  expect(await runRedrive({ host })).toMatchObject({ code, stderr: expect.stringContaining(`redrive: ${message}`) });
});

it('gives up when 50 publishes in a row fail because Pub/Sub is out of order', () =>
  withDeadLetters(120, fail('Publish', Code.UNAVAILABLE), async ({ run }) => {
    expect(await run()).toEqual({
      code: 1,
      stdout: expect.stringContaining('0 moved, 50 failed.\n50 not moved stay in the subscription.\n'),
      stderr: expect.stringContaining('  and 30 more\nredrive: stopped early. '),
    });
    // Released: the next run finds all of them at once.
    const stdout = expect.stringContaining('120 would be moved.');
    expect(await run({ dryRun: true })).toEqual({ code: 0, stdout, stderr: '' });
  }));

it.concurrent.each<[what: string, args: string[], message: string]>([
  ['no options', [], "error: required option '--subscription <name>' not specified"],
  ['an option with control characters', [...USUAL, '--\u001b[31m'], "error: unknown option '--\\u001b[31m'"],
])('explains %s', async (_what, args, message) => {
  const { code, stderr } = await startRedrive(args, {}).done;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});

it.concurrent('shows examples and exit codes with --help', async () => {
  const { code, stdout } = await startRedrive(['--help'], {}).done;
  expect(code).toBe(0);
  expect(stdout).toContain(
    '$ npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events --dry-run\n',
  );
  expect(stdout).toContain('codes: 0 all moved, 1 some or all could not be moved, 2 wrong use, 130 interrupted.\n');
});

it('needs nothing but the two roles: whoever may not look still moves', () =>
  withDeadLetters(
    2,
    { intercept: ({ method }) => (/^(Get|List)/.test(method) ? { fail: NOT_ALLOWED } : undefined) },
    async ({ run }) => {
      const { code, stdout } = await run();
      expect(code).toBe(0);
      expect(stdout).toContain('these credentials may not list them.\n');
      expect(stdout).toContain('2 moved, 0 failed.\n');
    },
  ));
