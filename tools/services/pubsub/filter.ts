import { invalidArgument } from '../grpc/rpc-error.ts';

/** Says whether a message with these attributes passes a subscription's filter. */
export type Filter = (attributes: Readonly<Record<string, string>>) => boolean;

// https://cloud.google.com/pubsub/docs/subscription-message-filter
const MAX_FILTER_BYTES = 256;
// White space, then a string, a word, or an operator or mark.
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[A-Za-z0-9_][A-Za-z0-9_-]*|!=|[().,:=-])/sy;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{3})|(.))/gs;
const CONTROL: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/**
 * Compiles Pub/Sub's filter language: `attributes:key`, `attributes.key = "v"`, `!=`,
 * `hasPrefix(attributes.key, "v")`, `NOT` or `-`, `AND`, `OR`, parentheses. An empty filter passes
 * everything. A missing attribute satisfies `!=`.
 *
 * @throws RpcError INVALID_ARGUMENT when the filter does not parse or is longer than 256 bytes
 */
export function compileFilter(source: string): Filter {
  if (source.trim() === '') return () => true;
  const invalid = (why: string): Error => invalidArgument(`Invalid filter given (filter=${source}): ${why}.`);
  if (Buffer.byteLength(source) > MAX_FILTER_BYTES) throw invalid(`at most ${MAX_FILTER_BYTES} bytes`);
  const reader = new TokenReader(tokenize(source, invalid), invalid);
  const filter = readExpression(reader);
  reader.expectEnd();
  return filter;
}

/** Strings keep their quotes, so that none is taken for a word or mark. */
function tokenize(source: string, invalid: (why: string) => Error): string[] {
  const tokens: string[] = [];
  let index = 0;
  while (source.slice(index).trim() !== '') {
    TOKEN.lastIndex = index;
    const [, token] = TOKEN.exec(source) ?? [];
    if (token === undefined) throw invalid(`unreadable at character ${index + 1}`);
    tokens.push(token);
    index = TOKEN.lastIndex;
  }
  return tokens;
}

class TokenReader {
  readonly #tokens: string[];
  readonly #invalid: (why: string) => Error;

  constructor(tokens: string[], invalid: (why: string) => Error) {
    this.#tokens = tokens;
    this.#invalid = invalid;
  }

  /** Consumes the next token if it is this one. */
  accept(token: string): boolean {
    const accepted = this.#tokens[0] === token;
    if (accepted) this.#tokens.shift();
    return accepted;
  }

  expect(...tokens: string[]): void {
    for (const token of tokens) if (!this.accept(token)) throw this.unexpected(token);
  }

  expectEnd(): void {
    if (this.#tokens.length > 0) throw this.unexpected('AND, OR or the end');
  }

  text(): string {
    if (!this.#tokens[0]?.startsWith('"')) throw this.unexpected('a string in double quotes');
    return withoutEscapes(this.#tokens.shift()?.slice(1, -1) ?? '');
  }

  key(): string {
    if (this.#tokens[0]?.startsWith('"')) return this.text();
    if (!/^\w/.test(this.#tokens[0] ?? '')) throw this.unexpected('an attribute key');
    return this.#tokens.shift() ?? '';
  }

  unexpected(expected: string): Error {
    return this.#invalid(`expected ${expected}, found ${this.#tokens[0] ?? 'the end'}`);
  }
}

function readExpression(reader: TokenReader): Filter {
  const terms = [readTerm(reader)];
  const isAnd = reader.accept('AND');
  if (isAnd || reader.accept('OR')) {
    do terms.push(readTerm(reader));
    while (reader.accept(isAnd ? 'AND' : 'OR'));
    if (reader.accept(isAnd ? 'OR' : 'AND')) throw reader.unexpected('parentheses around mixed AND and OR');
  }
  return isAnd
    ? (attributes) => terms.every((term) => term(attributes))
    : (attributes) => terms.some((term) => term(attributes));
}

function readTerm(reader: TokenReader): Filter {
  if (reader.accept('NOT') || reader.accept('-')) {
    const term = readTerm(reader);
    return (attributes) => !term(attributes);
  }
  if (reader.accept('(')) {
    const inner = readExpression(reader);
    reader.expect(')');
    return inner;
  }
  if (reader.accept('hasPrefix')) {
    reader.expect('(', 'attributes', '.');
    const key = reader.key();
    reader.expect(',');
    const prefix = reader.text();
    reader.expect(')');
    return (attributes) => attributeOf(attributes, key)?.startsWith(prefix) === true;
  }
  reader.expect('attributes');
  if (reader.accept(':')) {
    const key = reader.key();
    return (attributes) => attributeOf(attributes, key) !== undefined;
  }
  reader.expect('.');
  const key = reader.key();
  const isEqual = reader.accept('=');
  if (!isEqual) reader.expect('!=');
  const value = reader.text();
  return (attributes) => (attributeOf(attributes, key) === value) === isEqual;
}

/** Not `toString` and what else every object inherits. */
function attributeOf(attributes: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
}

function withoutEscapes(text: string): string {
  return text.replace(ESCAPE, (_all, unicode?: string, hex?: string, octal?: string, plain?: string) => {
    if (plain !== undefined) return CONTROL[plain] ?? plain;
    const digits = unicode ?? hex;
    return String.fromCharCode(digits === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(digits, 16));
  });
}
