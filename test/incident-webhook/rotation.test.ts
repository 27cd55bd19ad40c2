import { secretManagerStore } from '../../functions/incident-webhook/secret-manager.ts';
import { storedKeys } from '../../functions/incident-webhook/signing-keys.ts';
import type { SigningKeys } from '../../functions/incident-webhook/verifier.ts';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import {
  type SecretManagerServer,
  startSecretManagerServer,
} from '../../tools/services/secret-manager/secret-manager-server.ts';
import { accepts as acceptedBy } from './key-bench.ts';

const OLD = 'whsec_b2xkIHNlY3JldCBiZWZvcmUgcm90YXRpb24=';
const NEW = 'whsec_bmV3IHNlY3JldCBmb3IgYSByb3RhdGlvbg==';
const SECOND = 1_000;

let server: SecretManagerServer;
let keys: SigningKeys;
/** Milliseconds. */
let clock: number;

beforeAll(() => {
  process.env['METADATA_SERVER_DETECTION'] = 'none';
});

beforeEach(async () => {
  server = await startSecretManagerServer({ versions: [{ number: 1, state: 'ENABLED', data: OLD }] });
  clock = 1_000_000;
  const store = secretManagerStore('projects/p/secrets/webhook', server.host, 10_000);
  keys = storedKeys(
    store,
    () => {},
    () => clock,
  );
});

afterEach(() => server.close());

const accepts = (secret: string): Promise<boolean> => acceptedBy(keys, secret);

it('refuses nothing that should pass: the version is added, the sender changes, the old one is disabled', async () => {
  expect(await accepts(OLD)).toBe(true);
  server.versions = [...server.versions, { number: 2, state: 'ENABLED', data: NEW }];
  clock += 30 * SECOND;
  expect(await Promise.all([NEW, OLD, NEW, OLD].map(accepts))).toEqual([true, true, true, true]);
  expect(server.calls.ListSecretVersions).toBe(2);
  for (const version of server.versions) if (version.number === 1) version.state = 'DISABLED';
  clock += 75 * SECOND;
  expect(await accepts(NEW)).toBe(true);
  clock += 1;
  expect([await accepts(OLD), await accepts(NEW)]).toEqual([false, true]);
});

it('accepts on through an outage of an hour, and not longer', async () => {
  expect(await accepts(OLD)).toBe(true);
  server.intercept = () => ({ fail: Code.DATA_LOSS });
  clock += 3_600 * SECOND;
  expect(await accepts(OLD)).toBe(true);
  clock += 6 * SECOND;
  await expect(accepts(OLD)).rejects.toMatchObject({ reason: 'secret' });
  server.intercept = () => undefined;
  clock += 5 * SECOND;
  expect(await accepts(OLD)).toBe(true);
});

it.each(['NOT_FOUND', 'PERMISSION_DENIED'] as const)('drops what it has on %s', async (code) => {
  expect(await accepts(OLD)).toBe(true);
  server.intercept = () => ({ fail: Code[code] });
  clock += 76 * SECOND;
  await expect(accepts(OLD)).rejects.toMatchObject({ reason: 'secret' });
});
