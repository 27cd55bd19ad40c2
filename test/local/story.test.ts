import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { announce } from '../../tools/local/system/announcement.ts';
import { EventLog } from '../../tools/local/timeline/event-log.ts';
import type { FunctionLine, FunctionName } from '../../tools/local/timeline/function-hops.ts';
import { HopReader } from '../../tools/local/timeline/hop-reader.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { provision } from '../../tools/services/pubsub/provision.ts';
import { makeFolder, run, until } from './started-system.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROJECT = 'projects/alan-eu-tools';
const FULL_ID = 'msg_4e9109a267654f74b126680f18df8c2c';

describe('npm run story', () => {
  const folder = makeFolder();
  const log = new EventLog(folder.local);
  afterAll(() => folder[Symbol.dispose]());

  const story = async (id: string) => (await run('story', ['--folder', folder.local, id])).stdout;
  const reader = new HopReader((hop) => log.add(hop));
  const write = (source: FunctionName, metadata: FunctionLine['metadata'] & object, message = 'M') => {
    reader.output(source, JSON.stringify({ severity: 'INFO', message, metadata }));
    log.stop();
  };

  beforeAll(() => {
    write('incident-webhook', { outcome: 'rejected', reason: 'timestamp', status: 401, webhookId: 'msg_refused1' });
    write('incident-webhook', { outcome: 'published', status: 204, webhookId: 'msg_quiet001', incidentId: '01QUIET' });
    write('incident-lead', { outcome: 'no_lead', status: 204, webhookId: 'msg_quiet001', incidentId: '01QUIET' });
    write('incident-webhook', { outcome: 'published', status: 204, webhookId: 'msg_alone001', incidentId: '01ALONE' });
    write('incident-webhook', {
      outcome: 'published',
      status: 204,
      webhookId: 'of-another-form',
      incidentId: '01FORM',
    });
  });

  it('wants enough of a webhook id to tell it from others', async () => {
    const { code, stderr } = await run('story', ['--folder', folder.local, '--', 'msg_4e9']);
    expect(stderr).toContain('Give at least 8 characters of a webhook id.');
    expect(code).toBe(2);
  });

  it.each([
    ['a full webhook id', FULL_ID, `jsonPayload.metadata.webhookId="${FULL_ID}"`],
    ['the beginning of one', 'msg_4e9109', 'jsonPayload.metadata.webhookId=~"^msg_4e9109"'],
    ['the beginning of one that is known here', 'msg_alone', 'jsonPayload.metadata.webhookId="msg_alone001"'],
    [
      'a webhook id of another form that is known here',
      'of-another-form',
      'jsonPayload.metadata.webhookId="of-another-form"',
    ],
    ['an incident id that is known here', '01ALONE', 'jsonPayload.metadata.incidentId="01ALONE"'],
    [
      'anything else',
      '01"NOTHING',
      '(jsonPayload.metadata.webhookId="01\\"NOTHING" OR jsonPayload.metadata.incidentId="01\\"NOTHING")',
    ],
  ])('asks the deployed system for %s as what it is', async (_, id, filter) => {
    expect(await story(id)).toContain(
      `\n  resource.type="cloud_run_revision" AND resource.labels.service_name=("incident-webhook" OR "incident-lead") AND ${filter}\n`,
    );
  });

  it('says no more of the subscriber than follows from the event', async () => {
    const hint = 'Where that shows "published" and nothing of incident-lead';
    expect(await story('msg_refused1')).not.toContain('incident-lead was not reached');
    expect(await story('msg_refused1')).not.toContain(hint);
    expect(await story('msg_quiet001')).not.toContain(hint);
    expect(await story('msg_quiet001')).toContain('incident-lead writes no line of this (no_lead): it is DEBUG');
    for (const id of ['msg_alone001', 'msg_unknown']) expect(await story(id)).toContain(hint);
  });

  it('prints commands that a shell takes as they are meant', async () => {
    const bin = join(folder.temp, 'bin');
    mkdirSync(bin);
    for (const tool of ['gcloud', 'curl', 'npm']) {
      writeFileSync(join(bin, tool), '#!/bin/sh\nfor each in "$0" "$@"; do printf "%s\\n" "$each"; done\n');
      chmodSync(join(bin, tool), 0o755);
    }
    const commands = (await story(`it's "quoted"`)).split('\n').filter((line) => /^ +(gcloud|curl|npm) /.test(line));
    const shell = { env: { PATH: `${bin}:${process.env['PATH']}` } };
    const printed = await Promise.all(
      commands.map(async (command) => (await promisify(execFile)('sh', ['-c', command], shell)).stdout.split('\n')),
    );
    const [logging = [], pushes = [], redrive = []] = printed.map(([tool = '', ...args]) => [
      tool.slice(bin.length + 1),
      ...args,
    ]);
    expect(logging.slice(0, 3)).toEqual(['gcloud', 'logging', 'read']);
    expect(logging[3]).toContain(`AND (jsonPayload.metadata.webhookId="it's \\"quoted\\"" OR`);
    expect(pushes.at(0)).toBe('curl');
    expect(pushes.join(' ')).toContain('subscription_id="incident-lead"}[7d]))');
    expect(redrive.join(' ').trim()).toBe(
      'npm run redrive -- --project alan-eu-tools --subscription incident-lead-dead-letter --topic incident-events --dry-run',
    );
  });

  it('shows a hostile event without what would control the terminal', async () => {
    const metadata = { outcome: 'published', status: 204, webhookId: 'msg_hostile1' };
    write('incident-webhook', metadata, 'status \u001b[2J\n\u009b1m');
    const stdout = await story('msg_hostile1');
    expect(stdout).toContain('status \\u001b[2J\\u000a\\u009b1m');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe('the advice of npm run story on a dead letter', () => {
  const folder = makeFolder();
  const log = new EventLog(folder.local);
  const reader = new HopReader((hop) => log.add(hop));
  let status = 503;
  const subscriber = createServer((req, res) => req.resume().on('end', () => res.writeHead(status).end()));
  let emulator: Awaited<ReturnType<typeof startPubSubEmulator>>;
  let announced: Awaited<ReturnType<typeof announce>>;

  beforeAll(async () => {
    await once(subscriber.listen(0, '127.0.0.1'), 'listening');
    emulator = await startPubSubEmulator({
      timeScale: 0.001,
      onEvent: (event) => reader.emulatorEvent(event),
    });
    await provision(emulator, {
      topic: `${PROJECT}/topics/incident-events`,
      subscription: `${PROJECT}/subscriptions/incident-lead`,
      pushEndpoint: `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/`,
      deadLetterTopic: `${PROJECT}/topics/incident-lead-dead-letter`,
      deadLetterSubscription: `${PROJECT}/subscriptions/incident-lead-dead-letter`,
    });
    announced = await announce(folder.local, {
      pid: process.pid,
      webhookUrl: 'http://127.0.0.1:1/',
      emulatorHost: emulator.host,
    });
  });

  afterAll(async () => {
    await announced.stop();
    await emulator.close();
    subscriber.close();
    folder[Symbol.dispose]();
  });

  const story = async () => {
    log.stop();
    return (await run('story', ['--folder', folder.local, 'msg_dead0001'])).stdout;
  };
  const shell = (command: string) => promisify(execFile)('sh', ['-c', command], { cwd: ROOT });
  const waiting = () => emulator.backlog(`${PROJECT}/subscriptions/incident-lead-dead-letter`);

  it('is a command that works as it is; a dry run leaves nothing, and after the redrive it is gone', async () => {
    emulator.publish(`${PROJECT}/topics/incident-events`, { data: '{}', attributes: { webhookId: 'msg_dead0001' } });
    await until(() => waiting() > 0);
    const before = await story();
    expect(before).toContain('given up after 5 attempts');
    expect(before).toContain('Its deliveries were used up. Repair the cause, then bring the message back:');
    const [command = ''] = /^ +PUBSUB_EMULATOR_HOST=.*$/m.exec(before) ?? [];
    expect(command).toContain(`PUBSUB_EMULATOR_HOST=${emulator.host} npm run redrive -- --project alan-eu-tools`);

    expect((await shell(`${command} --dry-run`)).stdout).toContain('1 would be moved');
    expect(await story()).toBe(before);

    status = 204;
    expect((await shell(command)).stdout).toContain('1 moved, 0 failed');
    const after = await story();
    expect(after).toContain('taken from incident-lead-dead-letter');
    expect(after).toContain('Published again, unchanged, as message');
    expect(after).not.toContain('bring the message back');
    expect(waiting()).toBe(0);
  }, 120_000);

  it('is another one once the local system has ended', async () => {
    status = 503;
    emulator.publish(`${PROJECT}/topics/incident-events`, { data: '{}', attributes: { webhookId: 'msg_dead0002' } });
    await until(() => waiting() > 0);
    await announced.stop();
    log.stop();
    const { stdout } = await run('story', ['--folder', folder.local, 'msg_dead0002']);
    expect(stdout).toContain('start the local system and send the event again, since its dead letters ended with it:');
    expect(stdout).toContain(`npm run send -- --folder ${folder.local}`);
    expect(stdout).not.toContain('PUBSUB_EMULATOR_HOST');
  });
});
