import fc from 'fast-check';
import { sign } from '../events/sign.ts';
import { type Mutation, OPERATIONS, type SignedRequest } from './mutate.ts';

/** Unix seconds of the verifier's clock. */
export const NOW = 1_795_450_765;

/** Any change of one byte or one header. */
export const mutations: fc.Arbitrary<Mutation> = fc.record({
  operation: fc.constantFrom(...OPERATIONS),
  part: fc.nat(3),
  position: fc.nat(),
  byte: fc.nat(255),
});

/** Requests that are authentic: any text and id, as old or as far ahead as is allowed. */
export const requests: fc.Arbitrary<SignedRequest> = fc
  .record({
    text: fc.oneof(fc.json(), fc.string({ unit: 'binary', minLength: 1 }), fc.constant('{"a":"\ufffd"}')),
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,256}$/),
    skew: fc.integer({ min: -300, max: 300 }),
  })
  .map(({ text, id, skew }) => signed(Buffer.from(text), id, NOW + skew));

/** A signed request. */
export function signed(body: Buffer, id: string, timestamp: number): SignedRequest {
  const headers = sign(body, { id, timestamp });
  const value = (name: string): string => headers[name] ?? '';
  return {
    headers: {
      'webhook-id': value('webhook-id'),
      'webhook-timestamp': value('webhook-timestamp'),
      'webhook-signature': value('webhook-signature'),
    },
    body,
  };
}
