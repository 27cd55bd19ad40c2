import { setTimeout as sleep } from 'node:timers/promises';
import { SECRET, type Signing } from '../../tools/events/sign.ts';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import {
  type SecretManagerServer,
  startSecretManagerServer,
} from '../../tools/services/secret-manager/secret-manager-server.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm } from '../support/hostile-table.ts';
import { type Exchange, type Line, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** The contract's limits: for any answer, and for the recovery after any fault. */
const ANSWER_MS = 8_000;
const RECOVERY_MS = 25_000;
const NEW = 'whsec_bmV3IHNlY3JldCBmb3IgYSByb3RhdGlvbg==';
const BAD = 'whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==';

type Versions = SecretManagerServer['versions'];
const enabled = (...data: string[]): Versions =>
  data.map((each, at) => ({ number: at + 1, state: 'ENABLED', data: each }));

scenario(
  'accepts every ENABLED version, whatever white space is around it, and names a broken one',
  async ({ system, secrets }) => {
    secrets.versions = [
      ...enabled(`${SECRET}\n`, `  ${NEW}\r\n`, 'whsec_br0ken-value!', ''),
      { number: 9, state: 'DISABLED', data: BAD },
    ];
    // What it asked for by itself may have failed just now, and is then not asked for again within a second.
    await expectRecovery(system);
    await expectStatus(system, 204, { secret: SECRET });
    await expectStatus(system, 204, { secret: NEW });
    await expectStatus(system, 401, { secret: BAD });
    const named = linesAbout(system, 'secret_version');
    expect(named.map(({ severity, metadata }) => [severity, metadata['version']])).toEqual([
      ['ERROR', '4'],
      ['ERROR', '3'],
    ]);
  },
);

scenario('recovers from a Secret Manager that was down at the start', async ({ system, secrets }) => {
  const { port } = secrets;
  await secrets.close();
  await expectStatus(system, 503);
  const again = await startSecretManagerServer({ port, versions: enabled(SECRET) });
  try {
    await expectRecovery(system);
  } finally {
    await again.close();
  }
});

for (const code of ['UNAVAILABLE', 'PERMISSION_DENIED', 'NOT_FOUND', 'RESOURCE_EXHAUSTED', 'INTERNAL'] as const) {
  scenario(`answers 503 while Secret Manager answers ${code}, and recovers`, async ({ system, secrets }) => {
    secrets.intercept = () => ({ fail: Code[code] });
    const sent = await expectStatus(system, 503);
    const [line] = await system.linesOf(sent);
    expect(line).toMatchObject({
      severity: 'ERROR',
      metadata: { outcome: 'unavailable', reason: 'secret', status: 503 },
    });
    secrets.intercept = () => undefined;
    await expectRecovery(system);
  });
}

scenario('answers 503 in time while Secret Manager hangs, and recovers', async ({ system, secrets }) => {
  secrets.intercept = () => ({ hang: true });
  await expectStatus(system, 503);
  secrets.intercept = () => undefined;
  await expectRecovery(system);
});

scenario('waits for a Secret Manager that is slow', async ({ system, secrets }) => {
  secrets.intercept = () => ({ delayMs: 700 });
  // What it asked for by itself may have failed just now; from then on every read is slow.
  await expectRecovery(system);
});

scenario('answers 503 while no version is ENABLED, or none is a usable secret', async ({ system, secrets }) => {
  secrets.versions = [{ number: 1, state: 'DISABLED', data: SECRET }];
  await expectStatus(system, 503);
  secrets.versions = enabled('whsec_');
  await sleep(1_000);
  await expectStatus(system, 503);
  expect(linesAbout(system, 'secret_version')).toHaveLength(1);
  secrets.versions = enabled(SECRET);
  await expectRecovery(system);
});

scenario('believes that a version was disabled only where a second list no longer shows it', async (given) => {
  const { system, secrets } = given;
  secrets.versions = enabled(SECRET, NEW);
  let lists = 0;
  let disable = false;
  secrets.intercept = ({ method, request }) => {
    if (method === 'ListSecretVersions') lists += 1;
    if (disable && lists > 1) secrets.versions = enabled(SECRET);
    return method === 'AccessSecretVersion' && request.name.endsWith('/2') ? { fail: Code.NOT_FOUND } : undefined;
  };
  await expectRecovery(system);
  await expectStatus(system, 503, { secret: NEW });
  expect(linesAbout(system, 'secret_version_unread')).toHaveLength(1);
  disable = true;
  await sleep(5_000);
  await expectStatus(system, 401, { secret: NEW });
});

scenario('takes the versions that can be read where another fails or hangs', async ({ system, secrets }) => {
  secrets.versions = enabled(SECRET, NEW, NEW);
  secrets.intercept = ({ method, request }) => {
    if (method !== 'AccessSecretVersion') return undefined;
    if (request.name.endsWith('/2')) return { fail: Code.INTERNAL };
    return request.name.endsWith('/3') ? { hang: true } : undefined;
  };
  await expectRecovery(system);
  await expectStatus(system, 503, { secret: NEW });
  secrets.intercept = () => undefined;
  await expectRecovery(system);
});

scenario('reads the 12 newest versions, and names the others in one line', async ({ system, secrets }) => {
  secrets.versions = enabled(NEW, ...Array.from({ length: 48 }, () => BAD), SECRET);
  await expectRecovery(system);
  await expectStatus(system, 401, { secret: NEW });
  expect(secrets.calls.AccessSecretVersion).toBeLessThanOrEqual(2 * 12);
  const lines = linesAbout(system, 'secret_version_unused');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.severity).toBe('WARNING');
});

scenario('is not driven to Secret Manager by bad signatures', async ({ system, secrets }) => {
  await expectRecovery(system);
  const before = secrets.calls.ListSecretVersions;
  await Promise.all(Array.from({ length: 50 }, () => expectStatus(system, 401, { secret: BAD })));
  expect(secrets.calls.ListSecretVersions).toBe(before);
  secrets.intercept = () => ({ fail: Code.UNAVAILABLE });
  await expectStatus(system, 204);
  await expectStatus(system, 401, { secret: BAD });
});

function scenario(
  name: string,
  run: (parts: { system: WebhookSystem; secrets: SecretManagerServer }) => Promise<void>,
): void {
  concurrently(name, async () => {
    const secrets = await startSecretManagerServer({
      versions: enabled(SECRET),
      intercept: () => ({ fail: Code.UNAVAILABLE }),
    });
    const system = await startWebhookSystem({
      INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
      SECRET_MANAGER_EMULATOR_HOST: secrets.host,
    });
    // The function has asked once by itself; what is asked for from now on is the scenario's.
    secrets.intercept = () => undefined;
    try {
      await run({ system, secrets });
      for (const value of [SECRET, NEW, BAD, 'whsec_br0ken-value!']) {
        expect(system.output.filter((line) => line.includes(value) || line.includes(value.slice(6)))).toEqual([]);
      }
    } finally {
      await system.stop();
      await secrets.close();
    }
  });
}

async function expectStatus(system: WebhookSystem, status: number, signing: Signing = {}): Promise<Exchange> {
  const startedAt = performance.now();
  const sent = await system.send({ body: bodyOf(), signing });
  expect(performance.now() - startedAt).toBeLessThan(ANSWER_MS);
  expectForm(sent.answer, status);
  // The answer may arrive before what was written ahead of it has been read.
  expect(await system.linesOf(sent)).toHaveLength(1);
  return sent;
}

async function expectRecovery(system: WebhookSystem): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const sent = await system.send({ body: bodyOf() });
    await system.linesOf(sent);
    if (sent.answer?.status === 204) return;
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
    await sleep(200);
  }
}

function linesAbout(system: WebhookSystem, reason: string): Line[] {
  const lines = system.output.map((line) => JSON.parse(line) as Line);
  return lines.filter(({ metadata }) => metadata['reason'] === reason);
}
