import { SECRET, type Signing } from '../../tools/events/sign.ts';
import {
  type SecretManagerServer,
  startSecretManagerServer,
} from '../../tools/services/secret-manager/secret-manager-server.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectForm } from '../support/hostile-table.ts';
import { type Line, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const ENABLED = 50;
/** How many of them are read, the newest first (contract). */
const READ = 12;

/** The versions that were asked for. */
const read = new Set<number>();
let secrets: SecretManagerServer;
let system: WebhookSystem;
beforeAll(async () => {
  secrets = await startSecretManagerServer({
    maxPageSize: 7,
    versions: Array.from({ length: ENABLED }, toVersion),
    intercept: ({ method, request }) => {
      if (method === 'AccessSecretVersion') read.add(Number(request.name.split('/').at(-1)));
      return undefined;
    },
  });
  // Newer than all of them, and not to be counted.
  secrets.versions.push({ number: ENABLED + 1, state: 'DISABLED', data: SECRET });
  system = await startWebhookSystem({
    INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
    SECRET_MANAGER_EMULATOR_HOST: secrets.host,
  });
  // On a busy machine the first read may be too late for the first event.
  while ((await system.send({ body: bodyOf(), signing: { secret: secretOf(ENABLED) } })).answer?.status === 503);
});
afterAll(async () => {
  await system.stop();
  await secrets.close();
});

it.each([ENABLED, ENABLED - READ + 1])('takes a signature made with version %i of 50', async (number) => {
  await expectStatus(204, { secret: secretOf(number) });
});

it.each([ENABLED - READ, 1])('does not take one made with version %i', async (number) => {
  await expectStatus(401, { secret: secretOf(number) });
});

it('reads the newest versions alone', () => {
  expect([...read].sort((a, b) => b - a)).toEqual(Array.from({ length: READ }, (_, index) => ENABLED - index));
});

it('names the versions that it does not read, in one WARNING line', () => {
  const warnings = system.output
    .map((line) => JSON.parse(line) as Line)
    .filter(({ severity, metadata }) => severity === 'WARNING' && metadata['status'] === undefined);
  expect(warnings).toHaveLength(1);
  const named = warnings[0]?.message.match(/\b[0-9]+\b/g)?.map(Number) ?? [];
  expect(named).toContain(ENABLED - READ);
  expect(named).toContain(1);
  expect(named).not.toContain(ENABLED - READ + 1);
});

function toVersion(_: unknown, index: number): SecretManagerServer['versions'][number] {
  return { number: index + 1, state: 'ENABLED', data: secretOf(index + 1) };
}

function secretOf(number: number): string {
  return `whsec_${Buffer.from(`secret of version ${String(number).padStart(4, '0')}`).toString('base64')}`;
}

async function expectStatus(status: number, signing: Signing): Promise<void> {
  expectForm((await system.send({ body: bodyOf(), signing })).answer, status);
}
