import { status } from '@grpc/grpc-js';
import { describeGrpcError } from '../../shared/grpc.ts';

const failed = (code: number | string, message = 'ya29.secret'): Error => Object.assign(new Error(message), { code });

it.each<[what: string, error: unknown, described: string]>([
  ['a status', failed(status.UNAVAILABLE), 'UNAVAILABLE'],
  ['a number that is no status', failed(99), 'code 99'],
  ['an error of the network', failed('ECONNREFUSED'), 'ECONNREFUSED'],
  ['a code that is no name', failed('ya29 secret'), 'no answer'],
  ['no error at all', 'ya29.secret', 'no answer'],
  [
    'retries that ran out',
    failed(
      status.DEADLINE_EXCEEDED,
      'Total timeout of API x exceeded 6900 milliseconds retrying error Error: 8 RESOURCE_EXHAUSTED: ya29.secret before any response was received.',
    ),
    'DEADLINE_EXCEEDED, attempts ended with RESOURCE_EXHAUSTED',
  ],
  [
    'retries of which the last had hardly any time',
    failed(
      status.DEADLINE_EXCEEDED,
      'Total timeout of API x exceeded 6900 milliseconds retrying error Error: 4 DEADLINE_EXCEEDED: Deadline exceeded after 0.004s before any response was received. : Previous errors : [{message: 14 UNAVAILABLE: ya29.secret, code: 14, details: , note: },{message: 4 DEADLINE_EXCEEDED: Deadline exceeded after 0.004s, code: 4, details: , note: }]',
    ),
    'DEADLINE_EXCEEDED, attempts ended with DEADLINE_EXCEEDED, UNAVAILABLE',
  ],
  ['retries of what is no status', failed(4, 'retrying error Error: 99 SECRET: x'), 'DEADLINE_EXCEEDED'],
  [
    'no token for a call',
    failed(status.UNAVAILABLE, 'Getting metadata from plugin failed with error: x'),
    'no access token',
  ],
  ['no credentials', new Error('Could not load the default credentials. Browse to ...'), 'no access token'],
])('describes %s and quotes nothing', (_, error, described) => {
  expect(describeGrpcError(error)).toBe(described);
});
