import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECRET } from '../../tools/events/sign.ts';
import { findSigningSecret, localSecret } from '../../tools/events/signing-secret.ts';
import { startSecretManagerServer } from '../../tools/services/secret-manager/secret-manager-server.ts';

const NEWER = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const DEPLOYED = new URL('https://incident-webhook.example/webhooks/incident/lead');
const LOCAL = new URL('http://127.0.0.1:8080/webhooks/incident/lead');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signing-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is made once, for the eyes of its owner only', async () => {
  const made = localSecret(join(folder, 'new'));
  expect(localSecret(join(folder, 'new'))).toBe(made);
  expect(await findSigningSecret(LOCAL, join(folder, 'new'), {})).toBe(made);
  expect(statSync(join(folder, 'new', 'webhook-secret')).mode & 0o777).toBe(0o600);
});

it('is asked for where there is none for a deployed system', async () => {
  const message = 'INCIDENT_WEBHOOK_SECRET is missing: to sign for incident-webhook.example, set it';
  await expect(findSigningSecret(DEPLOYED, folder, {})).rejects.toThrow(message);
});

it.each([
  ['cannot be read (EISDIR): let your user read it', (path: string) => mkdirSync(path)],
  ['holds no usable secret: expected whsec_', (path: string) => writeFileSync(path, 'hunter2')],
])('has a file of which it is said that it %s', async (sentence, make) => {
  make(join(folder, 'webhook-secret'));
  const error: Error = await findSigningSecret(LOCAL, folder, {}).then(
    () => new Error('found'),
    (reason) => reason,
  );
  expect(error.message).toContain(`${join(folder, 'webhook-secret')} ${sentence}`);
  expect(error.message).not.toContain('hunter2');
});

it('is the newest usable version of a secret in Secret Manager', async () => {
  const server = await startSecretManagerServer({
    versions: [
      { number: 9, state: 'ENABLED', data: SECRET },
      { number: 10, state: 'ENABLED', data: NEWER },
      { number: 11, state: 'ENABLED', data: 'no secret' },
      { number: 12, state: 'DISABLED', data: SECRET },
    ],
  });
  const find = (id: string) =>
    findSigningSecret(DEPLOYED, folder, {
      SECRET_MANAGER_EMULATOR_HOST: server.host,
      INCIDENT_WEBHOOK_SECRET: `projects/p/secrets/${id}`,
    });
  try {
    expect(await find('webhook')).toBe(NEWER);
    await expect(find('other')).rejects.toThrow(/could not be read.*gcloud auth application-default login/);
  } finally {
    await server.close();
  }
});
