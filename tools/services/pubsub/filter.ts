import { invalidArgument } from '../grpc/rpc-error.ts';

/** Says whether a message with these attributes passes a subscription's filter. */
export type Filter = (attributes: Readonly<Record<string, string>>) => boolean;

// https://cloud.google.com/pubsub/docs/subscription-message-filter
const MAX_FILTER_BYTES = 256;

/** What can be asked of an attribute, which is undefined where the message does not have it. */
const TERMS: readonly [RegExp, passes: (value: string | undefined, text: string) => boolean][] = [
  [pattern('attributes : KEY'), (value) => value !== undefined],
  [pattern('attributes \\. KEY = TEXT'), (value, text) => value === text],
  [pattern('attributes \\. KEY != TEXT'), (value, text) => value !== text],
  [pattern('hasPrefix \\( attributes \\. KEY , TEXT \\)'), (value, text) => value?.startsWith(text) === true],
];
const TERM_EXAMPLES = 'attributes:key, attributes.key = "text" or hasPrefix(attributes.key, "text")';
const [AND, OR] = [pattern('AND(?![\\w-])'), pattern('OR(?![\\w-])')];
const NOT = pattern('(?:NOT(?![\\w-])|-)');
const [OPEN, CLOSE] = [pattern('\\('), pattern('\\)')];
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
  let rest = source;
  const accept = (expected: RegExp): RegExpExecArray | null => {
    const found = expected.exec(rest);
    if (found) rest = rest.slice(found[0].length);
    return found;
  };
  const invalid = (why: string) => invalidArgument(`Invalid filter given (filter=${source}): ${why}.`);
  const unexpected = (expected: string) => invalid(`expected ${expected}, found ${/\S+/.exec(rest)?.[0] ?? 'the end'}`);

  const readExpression = (): Filter => {
    const terms = [readTerm()];
    const isAnd = AND.test(rest);
    const [operator, other] = isAnd ? [AND, OR] : [OR, AND];
    while (accept(operator)) terms.push(readTerm());
    if (other.test(rest)) throw unexpected('parentheses around mixed AND and OR');
    return (attributes) =>
      isAnd ? terms.every((passes) => passes(attributes)) : terms.some((passes) => passes(attributes));
  };
  const readTerm = (): Filter => {
    if (accept(NOT)) {
      const passes = readTerm();
      return (attributes) => !passes(attributes);
    }
    if (accept(OPEN)) {
      const inner = readExpression();
      if (!accept(CLOSE)) throw unexpected(')');
      return inner;
    }
    for (const [form, passes] of TERMS) {
      const [found, key = '', text = ''] = accept(form) ?? [];
      if (found === undefined) continue;
      const [name, operand] = [unquote(key), unquote(text)];
      // Not `toString` and what else every object inherits.
      return (attributes) => passes(Object.hasOwn(attributes, name) ? attributes[name] : undefined, operand);
    }
    throw unexpected(TERM_EXAMPLES);
  };

  if (Buffer.byteLength(source) > MAX_FILTER_BYTES) throw invalid(`at most ${MAX_FILTER_BYTES} bytes`);
  const filter = readExpression();
  if (rest.trim() !== '') throw unexpected('AND, OR or the end');
  return filter;
}

/** Finds a form at the beginning of a text; a blank of the form is any white space, or none. */
function pattern(form: string): RegExp {
  const text = '"(?:[^"\\\\]|\\\\.)*"';
  const source = ` ${form}`
    .replaceAll(' ', '\\s*')
    .replace('KEY', `(${text}|[A-Za-z0-9_][A-Za-z0-9_-]*)`)
    .replace('TEXT', `(${text})`);
  return new RegExp(`^${source}`, 's');
}

/** What a string in quotes says; a word is taken as it is. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(ESCAPE, (_all, unicode?: string, hex?: string, octal?: string, plain?: string) => {
    if (plain !== undefined) return CONTROL[plain] ?? plain;
    return String.fromCharCode(Number.parseInt(unicode ?? hex ?? octal ?? '', octal === undefined ? 16 : 8));
  });
}
