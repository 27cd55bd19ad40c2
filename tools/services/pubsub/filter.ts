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
  try {
    if (Buffer.byteLength(source) > MAX_FILTER_BYTES) throw new Error(`at most ${MAX_FILTER_BYTES} bytes`);
    const tokens = tokenize(source);
    const filter = readExpression(tokens);
    if (tokens.length > 0) throw unexpected(tokens, 'AND, OR or the end');
    return filter;
  } catch (error) {
    throw invalidArgument(`Invalid filter given (filter=${source}): ${(error as Error).message}.`);
  }
}

/** Strings keep their quotes, so that none is taken for a word or mark. */
function tokenize(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let index = 0; source.slice(index).trim() !== ''; index = TOKEN.lastIndex) {
    const [, token] = TOKEN.exec(source) ?? [];
    if (token === undefined) throw new Error(`unreadable at character ${index + 1}`);
    tokens.push(token);
  }
  return tokens;
}

function readExpression(tokens: string[]): Filter {
  const terms = [readTerm(tokens)];
  const isAnd = accept(tokens, 'AND');
  if (isAnd || accept(tokens, 'OR')) {
    do terms.push(readTerm(tokens));
    while (accept(tokens, isAnd ? 'AND' : 'OR'));
    if (tokens[0] === (isAnd ? 'OR' : 'AND')) throw unexpected(tokens, 'parentheses around mixed AND and OR');
  }
  return isAnd
    ? (attributes) => terms.every((term) => term(attributes))
    : (attributes) => terms.some((term) => term(attributes));
}

function readTerm(tokens: string[]): Filter {
  if (accept(tokens, 'NOT') || accept(tokens, '-')) {
    const term = readTerm(tokens);
    return (attributes) => !term(attributes);
  }
  if (accept(tokens, '(')) {
    const inner = readExpression(tokens);
    expectTokens(tokens, ')');
    return inner;
  }
  if (accept(tokens, 'hasPrefix')) {
    expectTokens(tokens, '(', 'attributes', '.');
    const key = readKey(tokens);
    expectTokens(tokens, ',');
    const prefix = readText(tokens);
    expectTokens(tokens, ')');
    return (attributes) => attributeOf(attributes, key)?.startsWith(prefix) === true;
  }
  expectTokens(tokens, 'attributes');
  if (accept(tokens, ':')) {
    const key = readKey(tokens);
    return (attributes) => attributeOf(attributes, key) !== undefined;
  }
  expectTokens(tokens, '.');
  const key = readKey(tokens);
  const isEqual = accept(tokens, '=');
  if (!isEqual) expectTokens(tokens, '!=');
  const value = readText(tokens);
  return (attributes) => (attributeOf(attributes, key) === value) === isEqual;
}

function readKey(tokens: string[]): string {
  if (tokens[0]?.startsWith('"')) return readText(tokens);
  if (!/^\w/.test(tokens[0] ?? '')) throw unexpected(tokens, 'an attribute key');
  return tokens.shift() ?? '';
}

function readText(tokens: string[]): string {
  if (!tokens[0]?.startsWith('"')) throw unexpected(tokens, 'a string in double quotes');
  return withoutEscapes(tokens.shift()?.slice(1, -1) ?? '');
}

/** Consumes the next token if it is this one. */
function accept(tokens: string[], token: string): boolean {
  const accepted = tokens[0] === token;
  if (accepted) tokens.shift();
  return accepted;
}

function expectTokens(tokens: string[], ...expected: readonly string[]): void {
  for (const token of expected) if (!accept(tokens, token)) throw unexpected(tokens, token);
}

function unexpected(tokens: readonly string[], expected: string): Error {
  return new Error(`expected ${expected}, found ${tokens[0] ?? 'the end'}`);
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
