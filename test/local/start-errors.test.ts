import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings, type StartOptions } from '../../tools/local/system/settings.ts';
import { startPostgres } from '../../tools/services/postgres/postgres.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { alive } from '../support/processes.ts';
import { makeFolder, run, StartedSystem } from './started-system.ts';

const OPTIONS: StartOptions = { subscriber: [], page: true, folder: '.local' };

describe('the settings of npm start', () => {
  it.each<[name: string, options: Partial<StartOptions>, env: Record<string, string>, message: RegExp]>([
    ['a port that is none', {}, { PORT: 'http' }, /^PORT must be a port, a number from 0 .* but is "http"\.$/],
    ['a port out of range', {}, { PORT: '65536' }, /^PORT must be a port.*"65536"/],
    ['a page port that is none', { pagePort: '-1' }, {}, /^--page-port must be a port.*"-1"/],
    [
      'a secret without its prefix',
      {},
      { INCIDENT_WEBHOOK_SECRET: 'hunter2' },
      /^INCIDENT_WEBHOOK_SECRET must be projects\/P\/secrets\/S, or literals of whsec_[^2]*Correct it, or unset it\.$/,
    ],
    [
      'an emulator without a port',
      {},
      { PUBSUB_EMULATOR_HOST: 'localhost' },
      /^PUBSUB_EMULATOR_HOST must be host:port\. Correct it, or unset it\.$/,
    ],
    [
      'a database that is no PostgreSQL',
      {},
      { DATABASE_URL: 'mysql://u:hunter2@h/d' },
      /^DATABASE_URL must be a URL postgres:\/\/user:password@host:port\/database\. Correct/,
    ],
    [
      'a subscriber that is no URL',
      { subscriber: ['localhost:9000'] },
      {},
      /^--subscriber must be an http or https URL.*"localhost:9000"\. Example:/,
    ],
    [
      'a filter that is none',
      { subscriber: ['http://h/ status = learning'] },
      {},
      /^--subscriber: "status = learning" is no Pub\/Sub filter .*Example: attributes/,
    ],
    ['a filter of the demo that is none', { demoSubscriber: 'x' }, {}, /^--demo-subscriber: "x" is no Pub\/Sub filter/],
  ])('name %s', (_, options, env, message) => {
    expect(() => readSettings({ ...OPTIONS, ...options }, env)).toThrow(message);
  });

  it('name everything at once, and no secret', () => {
    const env = { PORT: 'x', INCIDENT_WEBHOOK_SECRET: 'hunter2', DATABASE_URL: 'hunter2' };
    const attempt = () => readSettings(OPTIONS, env);
    expect(attempt).toThrow(/PORT.*\n.*INCIDENT_WEBHOOK_SECRET.*\n.*DATABASE_URL/);
    expect(attempt).not.toThrow(/hunter2/);
  });

  it('put the page beside the webhook', () => {
    expect(readSettings(OPTIONS, {})).toMatchObject({ port: 8080, page: { port: 8081, orAnother: true } });
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
      /DATABASE_URL \(u@127\.0\.0\.1:1\/d\): The alaner directory cannot be read.*ECONNREFUSED.*unset DATABASE_URL/,
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

  it.each([700, 2_000])('leaves nothing behind when ctrl-C comes %d ms after its start', async (ms) => {
    await using system = new StartedSystem(folder);
    await sleep(ms);
    const pids = system.descendants();
    system.interrupt();
    await system.ended();
    expect(system.stderr()).toBe('');
    expect(alive(pids)).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });

  it('leaves nothing behind when it is killed', async () => {
    await using system = new StartedSystem(folder);
    await system.says('Ready.');
    const pids = system.descendants();
    system.child.kill('SIGKILL');
    await system.ended();
    for (let tries = 0; tries < 100 && alive(pids).length > 0; tries += 1) await sleep(100);
    expect(alive(pids)).toEqual([]);
    expect(leftBehind()).toEqual([]);
  });

  it('uses the database and the emulator it is given, and prints JSON lines', async () => {
    const postgres = await startPostgres();
    const emulator = await startPubSubEmulator();
    try {
      const env = { DATABASE_URL: postgres.readerUrl, PUBSUB_EMULATOR_HOST: emulator.host };
      for (const _ of ['first', 'again, with what the first has left there']) {
        await using system = new StartedSystem(folder, ['--json', '--no-page'], env);
        const { stderr } = system;
        for (let tries = 0; tries < 300 && !stderr().includes('Ready.'); tries += 1) await sleep(50);
        expect(stderr()).toContain(`PUBSUB_EMULATOR_HOST, ${emulator.host}`);
        expect(await run('send', ['--folder', folder.local])).toMatchObject({ code: 0 });
        const said = await system.says('is now incident lead');
        expect(
          said
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line).source)
            // The push may be answered before the publish is.
            .sort(),
        ).toEqual(['incident-lead', 'incident-webhook']);
        system.child.kill('SIGTERM');
        expect(await system.ended()).toBe(0);
      }
    } finally {
      await emulator.close();
      await postgres.stop();
    }
  });
});
