import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { credentials } from '@grpc/grpc-js';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import type { SecretManagerServer } from '../../tools/services/secret-manager/secret-manager-server.ts';
import { startSecretManagerServer } from '../../tools/services/secret-manager/secret-manager-server.ts';

const SECRET = 'projects/p/secrets/webhook';

let server: SecretManagerServer;
let client: SecretManagerServiceClient;

beforeAll(() => {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
});

beforeEach(async () => {
  server = await startSecretManagerServer({
    maxPageSize: 2,
    versions: [
      { number: 1, state: 'DESTROYED', data: '' },
      { number: 2, state: 'ENABLED', data: 'second' },
      { number: 3, state: 'DISABLED', data: 'third' },
      { number: 4, state: 'ENABLED', data: 'fourth' },
      { number: 10, state: 'ENABLED', data: '123456789' },
    ],
  });
  client = new SecretManagerServiceClient({
    projectId: 'p',
    servicePath: '127.0.0.1',
    port: server.port,
    sslCreds: credentials.createInsecure(),
  });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

it.each([
  ['', [10, 4, 3, 2, 1], 3],
  ['state:ENABLED', [10, 4, 2], 2],
  ['state:DISABLED', [3], 1],
])('lists by filter %j over its pages, newest first', async (filter, numbers, pages) => {
  const [versions] = await client.listSecretVersions({ parent: SECRET, filter });
  expect(versions.map(({ name }) => name)).toEqual(numbers.map((number) => `${SECRET}/versions/${number}`));
  expect(server.calls.ListSecretVersions).toBe(pages);
});

it('gives a value with the checksum of the CRC32C specification', async () => {
  const [answer] = await client.accessSecretVersion({ name: `${SECRET}/versions/10` });
  expect(answer.payload?.data?.toString()).toBe('123456789');
  // The check value of CRC-32C for "123456789".
  expect(Number(answer.payload?.dataCrc32c)).toBe(0xe3069283);
});

it('sees a change of the versions at the next call', async () => {
  server.versions.push({ number: 11, state: 'ENABLED', data: 'new' });
  const [answer] = await client.accessSecretVersion({ name: `${SECRET}/versions/latest` });
  expect(answer.payload?.data?.toString()).toBe('new');
  server.versions = server.versions.map((version) => ({ ...version, state: 'DISABLED' }));
  expect((await client.listSecretVersions({ parent: SECRET, filter: 'state:ENABLED' }))[0]).toEqual([]);
});

it.each([
  ['a disabled version', `${SECRET}/versions/3`, Code.FAILED_PRECONDITION],
  ['a destroyed version', `${SECRET}/versions/1`, Code.FAILED_PRECONDITION],
  ['a version that is not there', `${SECRET}/versions/99`, Code.NOT_FOUND],
  ['another secret', 'projects/p/secrets/other/versions/1', Code.NOT_FOUND],
])('refuses %s', async (_case, name, code) => {
  await expect(client.accessSecretVersion({ name })).rejects.toMatchObject({ code });
});

it('fails, hangs and delays as told, and counts every call', async () => {
  const name = `${SECRET}/versions/2`;
  server.intercept = () => ({ fail: Code.PERMISSION_DENIED });
  await expect(client.listSecretVersions({ parent: SECRET })).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
  server.intercept = ({ method }) => (method === 'AccessSecretVersion' ? { hang: true } : undefined);
  const gaveUp = client.accessSecretVersion({ name }, { timeout: 500, retry: null });
  await expect(gaveUp).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  server.intercept = () => ({ delayMs: 20 });
  expect((await client.accessSecretVersion({ name }))[0].payload?.data?.toString()).toBe('second');
  expect(server.calls).toEqual({ ListSecretVersions: 1, AccessSecretVersion: 2 });
});

it('closes with calls in flight, and starts again on the same port', async () => {
  server.intercept = () => ({ hang: true });
  const cut = client.listSecretVersions({ parent: SECRET });
  const refused = expect(cut).rejects.toHaveProperty('code');
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.close();
  await refused;
  server = await startSecretManagerServer({ port: server.port });
  expect((await client.listSecretVersions({ parent: SECRET }))[0]).toEqual([]);
});
