import { invalidArgument } from '../grpc/rpc-error.ts';

/** Says whether a message with these attributes passes a subscription's filter. */
export type Filter = (attributes: Readonly<Record<string, string>>) => boolean;

// https://cloud.google.com/pubsub/docs/subscription-message-filter
const MAX_FILTER_BYTES = 256;
const TOKEN = /\s*(?:(?<text>"(?:[^"\\]|\\.)*")|(?<word>[A-Za-z0-9_][A-Za-z0-9_-]*)|(?<mark>!=|[().,:=-]))/sy;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{3})|(.))/gs;

interface Token {
  kind: 'text' | 'word' | 'mark' | 'end';
  value: string;
}

/**
 * Compiles Pub/Sub's filter language: `attributes:key`, `attributes.key = "v"`, `!=`,
 * `hasPrefix(attributes.key, "v")`, `NOT` or `-`, `AND`, `OR`, parentheses. An empty filter passes
 * everything. A missing attribute satisfies `!=`.
 *
 * @throws RpcError INVALID_ARGUMENT when the filter does not parse or is longer than 256 bytes
 */
export function compileFilter(source: string): Filter {
  if (source.trim() === '') return () => true;
  if (Buffer.byteLength(source) > MAX_FILTER_BYTES) {
    throw invalidArgument(`Invalid filter given: at most ${MAX_FILTER_BYTES} bytes.`);
  }
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  #index = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parse(): Filter {
    const filter = this.#expression();
    if (this.#peek().kind !== 'end') throw this.#unexpected('AND, OR or the end');
    return filter;
  }

  #expression(): Filter {
    const terms = [this.#term()];
    const operator = this.#peek().value;
    if (operator !== 'AND' && operator !== 'OR') return terms[0] as Filter;
    while (this.#accept(operator)) terms.push(this.#term());
    if (['AND', 'OR'].includes(this.#peek().value)) throw this.#unexpected('parentheses around mixed AND and OR');
    return operator === 'AND'
      ? (attributes) => terms.every((term) => term(attributes))
      : (attributes) => terms.some((term) => term(attributes));
  }

  #term(): Filter {
    if (this.#accept('NOT') || this.#accept('-')) {
      const term = this.#term();
      return (attributes) => !term(attributes);
    }
    if (this.#accept('(')) {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (this.#accept('hasPrefix')) return this.#prefix();
    this.#expect('attributes');
    if (this.#accept(':')) {
      const key = this.#key();
      return (attributes) => Object.hasOwn(attributes, key);
    }
    this.#expect('.');
    const key = this.#key();
    const equal = this.#accept('=');
    if (!equal) this.#expect('!=');
    const value = this.#text();
    return (attributes) => (Object.hasOwn(attributes, key) && attributes[key] === value) === equal;
  }

  #prefix(): Filter {
    for (const token of ['(', 'attributes', '.']) this.#expect(token);
    const key = this.#key();
    this.#expect(',');
    const prefix = this.#text();
    this.#expect(')');
    return (attributes) => Object.hasOwn(attributes, key) && attributes[key]?.startsWith(prefix) === true;
  }

  #key(): string {
    if (this.#peek().kind === 'text') return this.#text();
    if (this.#peek().kind !== 'word') throw this.#unexpected('an attribute key');
    return this.#next().value;
  }

  #text(): string {
    if (this.#peek().kind !== 'text') throw this.#unexpected('a string in double quotes');
    return this.#next().value;
  }

  #peek(): Token {
    return this.#tokens[this.#index] ?? { kind: 'end', value: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#index += 1;
    return token;
  }

  /** Consumes the token if it is this word or mark; a quoted string never is. */
  #accept(value: string): boolean {
    const token = this.#peek();
    if (token.kind === 'text' || token.value !== value) return false;
    this.#index += 1;
    return true;
  }

  #expect(value: string): void {
    if (!this.#accept(value)) throw this.#unexpected(value);
  }

  #unexpected(expected: string): Error {
    const found = this.#peek().value || 'the end';
    return invalidArgument(`Invalid filter given (filter=${this.#source}): expected ${expected}, found ${found}.`);
  }
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (source.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const { text, word, mark } = TOKEN.exec(source)?.groups ?? {};
    if (text !== undefined) tokens.push({ kind: 'text', value: withoutEscapes(text.slice(1, -1)) });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word });
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark });
    else throw invalidArgument(`Invalid filter given (filter=${source}): unreadable at character ${at + 1}.`);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

const CONTROL: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

function withoutEscapes(text: string): string {
  return text.replace(ESCAPE, (_all, unicode?: string, hex?: string, octal?: string, plain?: string) => {
    if (plain !== undefined) return CONTROL[plain] ?? plain;
    const digits = unicode ?? hex;
    return String.fromCharCode(digits === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(digits, 16));
  });
}
