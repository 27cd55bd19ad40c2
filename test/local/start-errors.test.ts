import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import {
  addPullSubscriber,
  addPushSubscriber,
  readFilter,
  readPort,
  readSettings,
  type StartOptions,
} from '../../tools/local/system/settings.ts';
import { startPostgres } from '../../tools/services/postgres/postgres.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { alive } from '../support/processes.ts';
import { makeFolder, run, StartedSystem, until } from './started-system.ts';

// Each starts whole systems.
jest.setTimeout(120_000);

const OPTIONS: StartOptions = { subscriber: [], pull: [], page: true, folder: '.local' };

describe('the environment of npm start', () => {
  it.each<[name: string, env: Record<string, string>, message: RegExp]>([
    ['a malformed port', { PORT: 'http' }, /^PORT must be a port, a number from 0 \(any free one\) to 65535\.$/],
    ['a port out of range', { PORT: '65536' }, /^PORT must be a port/],
    [
      'a secret without its prefix',
      { INCIDENT_WEBHOOK_SECRET: 'hunter2' },
      /^INCIDENT_WEBHOOK_SECRET must be projects\/P\/secrets\/S, or literals of whsec_[^2]*Correct it, or unset it\.$/,
    ],
    [
      'an emulator without a port',
      { PUBSUB_EMULATOR_HOST: 'localhost', INCIDENT_WEBHOOK_SECRET: '' },
      /^PUBSUB_EMULATOR_HOST must be host:port\. Correct it, or unset it\.$/,
    ],
    [
      'a database that is no PostgreSQL',
      { DATABASE_URL: 'mysql://u:hunter2@h/d' },
      /^DATABASE_URL must be a URL as libpq takes it: postgres:\/\/user:password@host:port\/database\. Correct/,
    ],
  ])('names %s', (_, env, message) => {
    expect(() => readSettings(OPTIONS, env)).toThrow(message);
  });

  it('names everything at once, and no secret', () => {
    const env = { PORT: 'x', INCIDENT_WEBHOOK_SECRET: 'hunter2', DATABASE_URL: 'hunter2' };
    const attempt = () => readSettings(OPTIONS, env);
    expect(attempt).toThrow(/PORT.*\n.*DATABASE_URL.*\n.*INCIDENT_WEBHOOK_SECRET/);
    expect(attempt).not.toThrow(/hunter2/);
  });
});

describe('the options of npm start', () => {
  const pull = (text: string) => addPullSubscriber(text, [{ name: 'my-team', filter: '' }]);
  const push = (text: string) => addPushSubscriber(text, []);

  it.each<[name: string, read: (text: string) => unknown, text: string, message: RegExp]>([
    ['a malformed page port', readPort, '-1', /^It must be a port/],
    ['a subscriber that is no URL', push, 'localhost:9000', /^It must be an http or https URL.*Example:/],
    [
      'a malformed filter',
      push,
      'http://h/ status = learning',
      /^"status = learning" is not a Pub\/Sub filter .*Example: attributes/,
    ],
    ['a subscription without a name', pull, '', /^It must be the name of a subscription/],
    ['a subscription of two letters', pull, 'my', /^It must be the name .*Example: 'my-team:attr/],
    ['a subscription with a blank', pull, 'my team', /^It must be the name of a subscription/],
    ['a malformed filter of a pull subscription', pull, 'other-team:status', /^"status" is not a Pub\/Sub filter/],
    ['a subscription of its own', pull, 'incident-lead', /^incident-lead is .*Choose another name\.$/],
    ['a subscription twice', pull, 'my-team:', /^my-team is given twice/],
    ['a malformed filter of the demo', readFilter, 'x', /^"x" is not a Pub\/Sub filter/],
  ])('refuse %s', (_, read, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each<[args: string[], message: RegExp]>([
    [['--nothing'], /^error: unknown option '--nothing'\n\(--help lists every option\)\n$/],
    [['--pull', 'my'], /^error: option '--pull <name\[:filter\]>' argument 'my' is invalid\. It must be the name/],
    [['--demo-subscriber', '\u001b[2J'], /^error: option '--demo-subscriber \[filter\]' argument '\\u001b\[2J'/],
  ])('end with 2 where they are wrong: %j', async (args, message) => {
    const { code, stdout, stderr } = await run('start', args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('npm start', () => {
  const folder = makeFolder();
  afterAll(() => folder[Symbol.dispose]());
  const leftBehind = () => readdirSync(folder.temp).filter((name) => name !== 'local');

  it.each<
    [name: string, env: (port: number) => Record<string, string>, args: (port: number) => string[], message: RegExp]
  >([
    [
      'a port that is taken',
      (port) => ({ PORT: String(port) }),
      () => [],
      /port \d+ is taken \(EADDRINUSE\): stop what listens there, or set PORT/,
    ],
    [
      'a page port that is taken',
      () => ({}),
      (port) => ['--page-port', String(port)],
      /port \d+ is taken \(EADDRINUSE\): stop what listens there, or set --page-port/,
    ],
    [
      'a database that does not answer',
      () => ({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' }),
      () => [],
      /DATABASE_URL \(u@127\.0\.0\.1:1\/d\): the alaner directory cannot be read.*ECONNREFUSED.*unset DATABASE_URL/,
    ],
    [
      'an emulator that does not answer',
      () => ({ PUBSUB_EMULATOR_HOST: '127.0.0.1:1' }),
      () => [],
      /PUBSUB_EMULATOR_HOST \(127\.0\.0\.1:1\): nothing there answers as Pub\/Sub:.*Start a Pub\/Sub emulator there, or unset/,
    ],
  ])('names %s, stops what it has started and ends with 1', async (_, env, args, message) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await using system = new StartedSystem(folder, args(port), env(port));
    expect(await system.ended()).toBe(1);
    taken.close();
    expect(system.stderr()).toMatch(message);
    expect(system.stderr()).not.toContain('hunter2');
    expect(system.stderr()).not.toContain('    at ');
    expect(leftBehind()).toEqual([]);
  });

  it.each([0, 700, 1_500])('leaves nothing behind when ctrl-C comes %d ms after it began to start', async (ms) => {
    await using system = new StartedSystem(folder);
    await system.says('Starting');
    await sleep(ms);
    const pids = system.descendants();
    system.interrupt();
    await system.says('Stopping ...', 10_000);
    expect(await system.ended()).toBe(0);
    expect(system.stderr()).toBe('');
    expect(alive(pids)).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });

  it('ends quietly where nobody reads what it prints', async () => {
    const command = `node tools/local/start.ts --folder ${folder.local} | head -1`;
    const env = { PATH: process.env['PATH'], PORT: '0', TMPDIR: folder.temp };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { env });
    expect(stdout).toMatch(/^Starting .*\n$/);
    expect(stderr).toBe('');
    expect(readdirSync(folder.local)).not.toContain('system.json');
    expect(leftBehind()).toEqual([]);
  });

  it('leaves nothing behind when it is killed', async () => {
    await using system = new StartedSystem(folder);
    await system.says('Ready.');
    const pids = system.descendants();
    system.child.kill('SIGKILL');
    await system.ended();
    await until(() => alive(pids).length === 0);
    expect(alive(pids)).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });

  it('uses the database and the emulator it is given, also with what an earlier run has left there', async () => {
    const postgres = await startPostgres();
    const emulator = await startPubSubEmulator();
    try {
      const env = { DATABASE_URL: postgres.readerUrl, PUBSUB_EMULATOR_HOST: emulator.host };
      await (await StartedSystem.ready(folder, ['--no-page'], env))[Symbol.asyncDispose]();
      await using system = await StartedSystem.ready(folder, ['--no-page', '--pull', 'my-team'], env);
      expect(system.stdout()).toContain(`PUBSUB_EMULATOR_HOST, ${emulator.host}`);
      expect(system.stdout()).toContain(
        `PUBSUB_EMULATOR_HOST=${emulator.host} METADATA_SERVER_DETECTION=none npx node docs/examples/subscriber.ts`,
      );
      expect(await run('send', ['--folder', folder.local])).toMatchObject({ code: 0 });
      await system.says('is now incident lead');
    } finally {
      await emulator.close();
      await postgres.stop();
    }
  });
});
