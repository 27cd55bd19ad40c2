import fc from 'fast-check';
import { sign } from '../events/sign.ts';

/** A request as the verifier sees it: headers as in `IncomingMessage.rawHeaders`, and the bytes of the body. */
export interface RawRequest {
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Unix seconds of the verifier's clock. */
export const NOW = 1_795_450_765;

/** A request that is signed, with the three headers of Standard Webhooks and no other. */
export function signed(body: Buffer, id: string, timestamp: number): RawRequest {
  const { 'content-type': _, ...headers } = sign(body, { id, timestamp });
  return { rawHeaders: Object.entries(headers).flat(), body };
}

/** Requests that are authentic: any text and id, as old or as far ahead as is allowed. */
export const requests: fc.Arbitrary<RawRequest> = fc
  .record({
    text: fc.oneof(fc.json(), fc.string({ unit: 'binary', minLength: 1 }), fc.constant('{"a":"\ufffd"}')),
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,256}$/),
    skew: fc.integer({ min: -300, max: 300 }),
  })
  .map(({ text, id, skew }) => signed(Buffer.from(text), id, NOW + skew));

/**
 * Any change of one byte or one header: what, and where. Part 0 is the body, 1 to 3 the headers;
 * `position` and `byte` are for one byte, and `position` is taken modulo the number of bytes.
 */
export const mutations = fc.record({
  operation: fc.constantFrom('change', 'insert', 'delete', 'drop header', 'repeat header'),
  part: fc.nat(3),
  position: fc.nat(),
  byte: fc.nat(255),
});
type Mutation = typeof mutations extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * Applies one mutation.
 * @returns undefined where the request would still be the same: HTTP ignores white space around a
 *   header value (RFC 9110, 5.5).
 */
export function mutate({ rawHeaders, body }: RawRequest, mutation: Mutation): RawRequest | undefined {
  const { operation, part } = mutation;
  // The body has no header; the first one is taken.
  const index = 2 * Math.max(part - 1, 0);
  const [name = '', value = ''] = rawHeaders.slice(index);
  if (operation === 'drop header') return { rawHeaders: rawHeaders.toSpliced(index, 2), body };
  if (operation === 'repeat header') return { rawHeaders: [...rawHeaders, name, value], body };
  if (part === 0) {
    const mutated = mutateBytes(body, mutation);
    return mutated.equals(body) ? undefined : { rawHeaders, body: mutated };
  }
  const mutated = mutateBytes(Buffer.from(value, 'latin1'), mutation).toString('latin1');
  if (mutated.replace(/^[ \t]+|[ \t]+$/g, '') === value) return undefined;
  return { rawHeaders: rawHeaders.with(index + 1, mutated), body };
}

function mutateBytes(bytes: Buffer, { operation, position, byte }: Mutation): Buffer {
  const isInsertion = operation === 'insert';
  const index = position % (bytes.length + (isInsertion ? 1 : 0));
  const inserted = operation === 'delete' ? [] : [Buffer.of(byte)];
  return Buffer.concat([bytes.subarray(0, index), ...inserted, bytes.subarray(isInsertion ? index : index + 1)]);
}
