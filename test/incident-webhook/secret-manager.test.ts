import { setTimeout as sleep } from 'node:timers/promises';
import { isDefinite, secretManagerStore } from '../../functions/incident-webhook/secret-manager.ts';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import { startSecretManagerServer } from '../../tools/services/secret-manager/secret-manager-server.ts';

const failure = (code: unknown, message = 'failed') => Object.assign(new Error(message), { code });

it.each([
  ['NOT_FOUND', failure(5), true],
  ['PERMISSION_DENIED', failure(7), true],
  ['FAILED_PRECONDITION', failure(9), true],
  ['UNAUTHENTICATED', failure(16), true],
  ['CANCELLED, our own time limit', failure(1), false],
  ['UNKNOWN', failure(2), false],
  ['DEADLINE_EXCEEDED', failure(4), false],
  ['RESOURCE_EXHAUSTED', failure(8), false],
  ['ABORTED', failure(10), false],
  ['UNIMPLEMENTED, which is HTTP 501', failure(12), false],
  ['INTERNAL', failure(13), false],
  ['UNAVAILABLE', failure(14), false],
  ['DATA_LOSS', failure(15), false],
  [
    'a token that the metadata server refused',
    failure(7, '7 PERMISSION_DENIED: Getting metadata from plugin failed'),
    false,
  ],
  ['an HTTP status', failure(404), false],
  ['a network error', failure('ECONNREFUSED'), false],
  ['no credentials at all', new Error('Could not load the default credentials'), false],
  ['anything else', 'x', false],
])('tells an answer from an outage: %s', (_name, error, expected) => {
  expect(isDefinite(error)).toBe(expected);
});

it.each(['ListSecretVersions', 'AccessSecretVersion'] as const)(
  'asks no further once a read has ended: %s',
  async (method) => {
    const server = await startSecretManagerServer({
      versions: [{ number: 1, state: 'ENABLED', data: 'x' }],
      intercept: (call) => (call.method === method ? { fail: Code.UNAVAILABLE } : undefined),
    });
    try {
      const store = secretManagerStore('projects/p/secrets/webhook', server.host, 1_000);
      // To load the client may take longer than a read may.
      while (server.calls[method] === 0) await store.readVersions().catch(() => {});
      const asked = { ...server.calls };
      await sleep(2_000);
      expect(server.calls).toEqual(asked);
    } finally {
      await server.close();
    }
  },
);
