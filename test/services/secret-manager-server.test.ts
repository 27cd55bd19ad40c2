import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { grpcOptions } from '../../shared/grpc.ts';
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
  client = new SecretManagerServiceClient({ projectId: 'p', ...grpcOptions(server.host) });
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

it('gives a value', async () => {
  const [answer] = await client.accessSecretVersion({ name: `${SECRET}/versions/10` });
  expect(answer.payload?.data?.toString()).toBe('123456789');
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

it('asks for a fault before every call, and counts those that fail too', async () => {
  server.intercept = ({ method }) => (method === 'ListSecretVersions' ? { fail: Code.PERMISSION_DENIED } : undefined);
  await expect(client.listSecretVersions({ parent: SECRET })).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
  await client.accessSecretVersion({ name: `${SECRET}/versions/2` });
  expect(server.calls).toEqual({ ListSecretVersions: 1, AccessSecretVersion: 1 });
});
