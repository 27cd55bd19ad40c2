/** A request as the verifier sees it: header values as Node decodes them (latin1), and the bytes of the body. */
export interface SignedRequest {
  readonly headers: Readonly<Record<HeaderName, string>>;
  readonly body: Buffer;
}

/** The three headers of Standard Webhooks. */
export const HEADER_NAMES = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
/** One of the three. */
export type HeaderName = (typeof HEADER_NAMES)[number];

/** What is done to a request. */
export const OPERATIONS = ['change', 'insert', 'delete', 'drop header', 'repeat header'] as const;
/** One of them; the first three are for one byte. */
export type Operation = (typeof OPERATIONS)[number];

/** Where, and what: all numbers are taken modulo whatever they choose from, so any whole numbers make a mutation. */
export interface Mutation {
  readonly operation: Operation;
  /** 0 is the body, 1 to 3 the headers. */
  readonly part: number;
  readonly position: number;
  /** For `change` and `insert`. */
  readonly byte: number;
}

/** A mutated request: `rawHeaders` as `IncomingMessage` has them. */
export interface Mutated {
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/**
 * Applies one mutation.
 * @returns undefined where the request would still be the same: HTTP ignores white space around a
 *   header value (RFC 9110, 5.5).
 */
export function mutate({ headers, body }: SignedRequest, mutation: Mutation): Mutated | undefined {
  const name = HEADER_NAMES[(mutation.part - 1) % HEADER_NAMES.length] ?? 'webhook-id';
  const pairs = HEADER_NAMES.map((each) => [each, headers[each]] as const);
  switch (mutation.operation) {
    case 'drop header':
      return { rawHeaders: pairs.filter(([each]) => each !== name).flat(), body };
    case 'repeat header':
      return { rawHeaders: [...pairs.flat(), name, headers[name]], body };
    default: {
      if (mutation.part % 4 === 0) {
        const mutated = mutateBytes(body, mutation);
        return mutated.equals(body) ? undefined : { rawHeaders: pairs.flat(), body: mutated };
      }
      const value = mutateBytes(Buffer.from(headers[name], 'latin1'), mutation).toString('latin1');
      const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
      if (trimmed === headers[name]) return undefined;
      return { rawHeaders: pairs.flatMap(([each, given]) => [each, each === name ? value : given]), body };
    }
  }
}

function mutateBytes(bytes: Buffer, { operation, position, byte }: Mutation): Buffer {
  const at = position % (operation === 'insert' ? bytes.length + 1 : bytes.length);
  const inserted = operation === 'delete' ? [] : [byte % 256];
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(inserted),
    bytes.subarray(operation === 'insert' ? at : at + 1),
  ]);
}
