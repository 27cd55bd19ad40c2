import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { makeFolder, StartedSystem, until } from './started-system.ts';

jest.setTimeout(120_000);

const ROOT = join(import.meta.dirname, '..', '..');
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
/** As in a terminal of somebody else: without this repository's Node.js first. */
const PATH =
  process.env['PATH']
    ?.split(':')
    .filter((path) => !path.includes('node_modules'))
    .join(':') ?? '';

const folder = makeFolder("a second copy's");
let system: StartedSystem;
let banner: string;

beforeAll(async () => {
  system = new StartedSystem(
    folder,
    ['--json', '--pull', 'all-events', '--pull', 'closed-events:attributes.incidentStatus = "closed"'],
    { INCIDENT_WEBHOOK_SECRET: SECRET, PATH },
    ['npm', 'start', '--silent', '--'],
  );
  const { stderr } = system;
  await until(() => stderr().includes('Ctrl-C'));
  banner = stderr();
});

afterAll(async () => {
  await system[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The commands that the banner names. */
const commands = (form: RegExp): string[] => [...banner.matchAll(form)].map(([, command = '']) => command.trim());
const shell = (command: string, env = {}) =>
  promisify(execFile)('sh', ['-c', command], { cwd: ROOT, env: { PATH, HOME: process.env['HOME'], ...env } });

it('says where the secret is, and not what it is', () => {
  expect(banner).toMatch(/signing secret +the variable INCIDENT_WEBHOOK_SECRET/);
  expect(banner).toContain('Give send the same INCIDENT_WEBHOOK_SECRET');
  expect(banner).not.toContain(SECRET);
});

it('names commands that work as they are, for this folder', async () => {
  const sends = commands(/^ {2}(npm run send.*?)(?: {2}|$)/gm);
  expect(sends).toHaveLength(4);
  for (const send of sends) {
    const { stdout } = await shell(`${send} || true`, { INCIDENT_WEBHOOK_SECRET: SECRET });
    expect(stdout).toMatch(send.includes('--help') ? /^Usage: npm run send/m : /Its hops in the local system/);
  }
});

it('prints what Cloud Logging gets, one JSON object a line, on stdout, and nothing else', async () => {
  const { stdout } = system;
  await shell(commands(/^ {2}(npm run send.*?)(?: {2}|$)/gm)[0] ?? '', { INCIDENT_WEBHOOK_SECRET: SECRET });
  await until(() => stdout().includes('is now incident lead'));
  const lines = stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      severity: 'INFO',
      message: 'lisa@example.com is now incident lead for incident id: 01FDAG4SAP5TYPT98WGR2N7W91',
      'logging.googleapis.com/insertId': expect.any(String),
      metadata: expect.objectContaining({ outcome: 'lead_without_role' }),
    }),
  );
  for (const line of lines) expect(line).toEqual(expect.objectContaining({ severity: expect.any(String) }));
});

it('prints for each pull subscription the command that reads from it', async () => {
  const [all = '', closed = '', ...none] = commands(/^ {2}(PUBSUB_EMULATOR_HOST=.*)$/gm);
  expect(none).toEqual([]);
  const children = [all, closed].map((command) => {
    const child = spawn('sh', ['-c', command], { cwd: ROOT, env: { PATH, HOME: process.env['HOME'] }, detached: true });
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
    return { child, printed };
  });
  const [send = ''] = commands(/^ {2}(npm run send.*?)(?: {2}|$)/gm);
  await shell(`${send} --incident CLOSED --status closed`, { INCIDENT_WEBHOOK_SECRET: SECRET });
  await until(() => children.every(({ printed }) => printed.join('').includes('is closed')));
  for (const { child } of children) {
    const exited = once(child, 'exit');
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await exited;
  }
  const [everything, filtered] = children.map(({ printed }) => printed.join('').trim().split('\n'));
  expect(filtered).toEqual(['INC-123 is closed, leads: 1']);
  expect(everything).toEqual(expect.arrayContaining(['INC-123 is learning, leads: 1', 'INC-123 is closed, leads: 1']));
});

it('stops with npm, at ctrl-C', async () => {
  system.interrupt();
  // npm may end by the signal; the pipes close when everything else has ended, too.
  await system.ended();
  expect(system.stderr()).toMatch(/\nStopping \.\.\.\n(.*\n)*Stopped; nothing is left running\.\n$/);
});

it('documents the command of a pull subscriber', () => {
  expect(readFileSync(join(ROOT, 'docs', 'events.md'), 'utf8')).toContain('`npm start -- --pull my-team`');
});
