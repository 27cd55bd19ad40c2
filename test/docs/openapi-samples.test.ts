import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { DESCRIPTION } from '../../tools/docs/docs.ts';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { startWebhookSystem, TOPIC, type WebhookSystem } from '../support/webhook-system.ts';

interface Sample {
  readonly label: string;
  readonly source: string;
}

const { info, paths } = parse(await readFile(DESCRIPTION, 'utf8'));
const samples: readonly Sample[] = paths['/webhooks/incident/lead'].post['x-codeSamples'];
/** As the page shows it. */
const LOCAL = 'http://127.0.0.1:8080';
const COMMANDS: Record<string, readonly [string, ...string[]]> = {
  curl: ['/bin/sh', '-c'],
  'Node.js': [process.execPath, '--input-type=module-typescript', '--eval'],
};

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem();
});
afterAll(() => system.stop());

it('has a sample for curl and for Node.js', () => {
  expect(samples.map(({ label }) => label)).toEqual(Object.keys(COMMANDS));
});

it.each(samples)('publishes an event by the sample for $label', async ({ label, source }) => {
  expect(source).toContain(LOCAL);
  const published = system.emulator.published(TOPIC).length;
  const [command = '', ...options] = COMMANDS[label] ?? [];
  const { stdout } = await promisify(execFile)(
    command,
    [...options, source.replace(LOCAL, `http://127.0.0.1:${system.port}`)],
    { env: { PATH: process.env['PATH'], INCIDENT_WEBHOOK_SECRET: SECRET } },
  );
  expect(stdout.trim()).toBe('204');
  expect(system.emulator.published(TOPIC)).toHaveLength(published + 1);
});

it('works a signature out that is right, step by step', () => {
  const rows = [...String(info.description).matchAll(/^\| `?([a-z -]+?)`? \| `(.+)` \|$/gm)];
  const shown = Object.fromEntries(rows.map(([, part = '', value = '']) => [part, value]));
  const [id = '', timestamp = '', body = ''] = [shown['webhook-id'], shown['webhook-timestamp'], shown['body']];
  const signed = sign(body, { secret: shown['secret'] ?? '', id, timestamp: Number(timestamp) });
  expect(shown['signed content']).toBe(`${id}.${timestamp}.${body}`);
  expect(shown['webhook-signature']).toBe(signed['webhook-signature']);
});
