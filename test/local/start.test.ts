import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { listenOn } from '../../tools/services/listen-on.ts';
import { alive, commandLine } from '../support/processes.ts';
import { makeFolder, run, StartedSystem } from './started-system.ts';

jest.setTimeout(120_000);

describe('npm start', () => {
  const folder = makeFolder();
  const pushed: string[] = [];
  const subscriber = createServer((req, res) => {
    req.setEncoding('utf8').on('data', (part: string) => pushed.push(part));
    req.on('end', () => res.writeHead(204).end());
  });
  let system: StartedSystem;

  const send = (...args: string[]) => run('send', ['--folder', folder.local, ...args]);
  const story = (id: string) => run('story', ['--folder', folder.local, id]);

  beforeAll(async () => {
    const port = await listenOn(subscriber);
    system = new StartedSystem(folder, [
      '--demo-subscriber',
      '--subscriber',
      `http://127.0.0.1:${port}/ attributes.incidentStatus = "closed"`,
    ]);
    await system.says('Ctrl-C stops it all.');
  });

  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    subscriber.close();
    folder[Symbol.dispose]();
  });

  it('has its page on the port after the one of the webhook', () => {
    const [page, webhook] = ['watch and send', 'incident-webhook'].map((name) =>
      Number(new URL(system.address(name)).port),
    );
    expect(page).toBe((webhook ?? 0) + 1);
  });

  it('keeps a secret for its owner alone', () => {
    expect(statSync(join(folder.local, 'webhook-secret')).mode & 0o777).toBe(0o600);
  });

  it("shows the way of incident.io's own example to the line", async () => {
    const { code, stdout } = await send();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /received .*\n.*verified .*\n.*published .*\n(.*delivered .*\n)+.*decided +▶ lisa@example\.com is now incident lead for incident id: 01FDAG4SAP5TYPT98WGR2N7W91/,
    );
    await system.says('decided    ▶ lisa@example.com is now incident lead for incident id: 01FDAG4SAP5TYPT98WGR2N7W91');
    await system.says('demo-subscriber got {"webhookId":"msg_');
  });

  it.each([
    ['--status', 'triage', 'not looked up in this status: incident'],
    ['--status', 'unknown-status', '▶ lisa@example.com is now incident lead'],
    ['--lead', 'with-role', 'The incident lead holds the role'],
    ['--lead', 'two', '▶ ada@example.com is now incident lead'],
    ['--lead', 'unknown', 'No alaner has the Slack id'],
    ['--lead', 'without-slack', 'The incident lead has no Slack user'],
    ['--lead', 'none', 'has no lead'],
    ['--lead', 'U01LEAD', '▶ ada@example.com is now incident lead'],
    ['--event', 'svix.ping', 'Test message of Svix; nothing to publish'],
    ['--event', 'private_incident.incident_updated_v2', 'Another event type; nothing to publish'],
  ])('tells what became of %s %s', async (option, value, text) => {
    const { code, stdout } = await send(option, value);
    expect(stdout).toContain(text);
    expect(code).toBe(0);
  });

  it.each([
    ['bad-signature', 401, 'verified   ✗ 401'],
    ['stale', 401, 'verified   ✗ 401'],
    ['gzip-bomb', 415, 'received   ✗ 415'],
    ['not-json', 400, 'published  ✗ 400'],
    ['bad-schema', 422, 'published  ✗ 422'],
    ['wrong-path', 404, 'received   ✗ 404'],
  ])('says where %s stops, and why', async (fault, status, stop) => {
    const { code, stdout } = await send('--fault', fault);
    expect(stdout).toContain(`\n${status} after `);
    expect(stdout).not.toContain('EXPECTED');
    expect(stdout).toContain(stop);
    expect(code).toBe(1);
  });

  it('pushes to a further subscriber what its filter lets through', async () => {
    await send('--status', 'closed', '--incident', 'FANOUT');
    await system.says('subscriber-1 answered 204');
    const events = pushed.map((push) => JSON.parse(push).message.attributes.incidentId);
    expect(events).toEqual(['FANOUT']);
  });

  it('tells the story of an incident, and of the beginning of a webhook id', async () => {
    const { stdout: sent } = await send('--incident', 'STORY', '--lead', 'with-role');
    const [webhookId = ''] = /msg_[0-9a-f]+/.exec(sent) ?? [];
    for (const id of ['STORY', webhookId, webhookId.slice(0, 14)]) {
      const { code, stdout } = await story(id);
      expect(stdout).toContain(`Webhook ${webhookId}, incident STORY`);
      expect(stdout).toContain('so there is nothing to report');
      expect(stdout).toContain('resource.labels.service_name=("incident-webhook" OR "incident-lead")');
      expect(code).toBe(0);
    }
    expect(await story('01NOTHING')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('has no entry for 01NOTHING'),
    });
  });

  it('says whom it holds what of, and how to ask the deployed system in three lines', async () => {
    await send('--incident', 'WHO', '--lead', 'two');
    const { stdout } = await story('WHO');
    expect(stdout).toContain('ada@example.com lacks AlanToolsBackendIamManager');
    expect(stdout).toContain('Slack user U02MANAGER holds AlanToolsBackendIamManager');
    const [, deployed = ''] = stdout.split('In the deployed system, ');
    // The way to ask it, and nothing of what this event does not raise.
    expect(deployed.trimEnd().split('\n')).toHaveLength(3);
  });

  it('refuses an empty id for a story', async () => {
    expect(await story('')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--help') });
  });

  it('follows no webhook id that the log cannot carry', async () => {
    const { code, stdout } = await send('--webhook-id', 'a b');
    expect(stdout).toContain('It cannot be followed: the log has no webhook id of this form');
    expect(stdout).not.toContain('Its hops');
    expect(code).toBe(1);
  });

  it('shows a bomb by its size', async () => {
    const { stdout } = await send('--fault', 'gzip-bomb');
    expect(stdout).toMatch(/^ {2}<\d+ bytes of gzip>$/m);
  });

  it.each([
    ['send', ''],
    ['story', '01NOTHING'],
  ])('ends quietly where nobody reads what %s prints', async (tool, arg) => {
    const command = `node tools/local/${tool}.ts --folder ${folder.local} ${arg} | true`;
    const { stderr } = await promisify(execFile)('sh', ['-c', command], { env: { PATH: process.env['PATH'] } });
    expect(stderr).toBe('');
  });

  it('starts a function again that was killed, and says so', async () => {
    const lead = system.descendants().find((pid) => commandLine(pid).includes('--target=incidentLead'));
    process.kill(lead ?? 0, 'SIGKILL');
    await system.says('incidentLead was killed (SIGKILL), which nobody asked for; starting it again');
    const { stdout } = await send('--lead', 'U01LEAD', '--incident', 'AGAIN');
    expect(stdout).toContain('published  ✓');
    await system.says('ada@example.com is now incident lead for incident id: AGAIN');
  });

  it('starts PostgreSQL again that was killed, and says so', async () => {
    const postgres = system.descendants().find((pid) => commandLine(pid).includes('bin/postgres -D'));
    process.kill(postgres ?? 0, 'SIGKILL');
    await system.says('PostgreSQL was killed (SIGKILL), which nobody asked for; starting it again with the same data');
    await send('--lead', 'U01LEAD', '--incident', 'RECOVERED');
    await system.says('ada@example.com is now incident lead for incident id: RECOVERED');
  });

  it('shows control characters of an event escaped', async () => {
    const { stdout } = await send('--status', '\u001b[2J\n\u009b', '--incident', 'ESCAPES');
    await system.says('for incident id: ESCAPES');
    for (const printed of [system.stdout(), stdout]) {
      expect(printed).toContain('\\u001b[2J');
      expect(printed).not.toMatch(/[^\n\P{Cc}]/u);
    }
  });

  it('does not start a second time in the same folder', async () => {
    // Its port is taken as well, but that is not what to say.
    const { port } = new URL(system.address('incident-webhook'));
    const second = new StartedSystem(folder, [], { PORT: port });
    expect(await second.ended()).toBe(1);
    expect(second.stderr()).toContain('a local system is running already');
    expect(second.stderr()).toContain('--folder');
  });

  it('leaves nothing behind after ctrl-C', async () => {
    const pids = system.descendants();
    expect(pids.length).toBeGreaterThan(5);
    system.interrupt();
    system.interrupt();
    expect(await system.ended()).toBe(0);
    expect(system.stdout()).toContain('Stopped; nothing is left running.');
    expect(system.stderr()).toBe('');
    expect(alive(pids)).toEqual([]);
    expect(readdirSync(folder.temp)).toEqual(['local']);
    expect(existsSync(join(folder.local, 'system.json'))).toBe(false);
  });
});
