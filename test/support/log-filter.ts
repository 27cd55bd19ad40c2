import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

type Test = (entry: object) => boolean;
type ValueTest = (value: unknown) => boolean;

const FILTERS = join(import.meta.dirname, '..', '..', 'terraform', 'log-filters.yaml');
const SEVERITIES = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
// White space, then a string, an operator or bracket, or a bare word.
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(!=|=~|!~|>=|<=|[=<>:()])|([^\s"=!<>:()]+))/y;

/** Every filter that Terraform installs, by its name. */
export function readFilters(): Record<string, string> {
  return parse(readFileSync(FILTERS, 'utf8')) as Record<string, string>;
}

/**
 * Whether Cloud Logging would find an entry by a filter. Knows the part of the Logging query language that comparisons
 * and their combinations are made of; a bare search term is not part of it.
 *
 * @param entry in the shape of a LogEntry of the API
 * @throws Error naming what it cannot read in the filter
 */
export function matches(filter: string, entry: object): boolean {
  const tokens = tokenize(filter);
  const test = readAll(tokens, (reader) => readComparison(reader));
  if (tokens.length > 0) throw new Error(`filter: expected its end, got ${tokens[0]} in: ${filter}`);
  return test(entry);
}

function tokenize(filter: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (filter.slice(TOKEN.lastIndex).trim() !== '') {
    const index = TOKEN.lastIndex;
    const found = TOKEN.exec(filter);
    if (found === null) throw new Error(`filter: cannot read ${filter.slice(index)}`);
    tokens.push(found[0].trim());
  }
  return tokens;
}

/** Terms side by side are joined by AND. OR binds tighter than AND, and NOT tightest. */
function readAll<T>(tokens: string[], readTerm: (tokens: string[]) => (of: T) => boolean): (of: T) => boolean {
  const parts: ((of: T) => boolean)[] = [];
  do {
    if (tokens[0] === 'AND') tokens.shift();
    const choices = [readNot(tokens, readTerm)];
    while (tokens[0] === 'OR') {
      tokens.shift();
      choices.push(readNot(tokens, readTerm));
    }
    parts.push((of) => choices.some((choice) => choice(of)));
  } while (tokens.length > 0 && tokens[0] !== ')');
  return (of) => parts.every((part) => part(of));
}

function readNot<T>(tokens: string[], readTerm: (tokens: string[]) => (of: T) => boolean): (of: T) => boolean {
  if (tokens[0] === 'NOT') {
    tokens.shift();
    const negated = readNot(tokens, readTerm);
    return (of) => !negated(of);
  }
  if (tokens[0] !== '(') return readTerm(tokens);
  tokens.shift();
  const inner = readAll(tokens, readTerm);
  expectToken(tokens, ')');
  return inner;
}

function readComparison(tokens: string[]): Test {
  const path = tokens.shift() ?? '';
  const operator = tokens.shift() ?? '';
  if (!/^[A-Za-z_][\w.]*$/.test(path) || COMPARE[operator] === undefined) {
    throw new Error(`filter: expected a field and a comparison, got ${path} ${operator}`);
  }
  const test =
    tokens[0] === '('
      ? readNot(tokens, (inner) => comparison(path, operator, inner.shift()))
      : comparison(path, operator, tokens.shift());
  // A comparison with a field that is not there fails, the negative ones included.
  return (entry) => {
    const value = fieldOf(entry, path.split('.'));
    return value !== undefined && value !== null && test(value);
  };
}

function comparison(path: string, operator: string, token: string | undefined): ValueTest {
  if (token === undefined || token === ')') throw new Error(`filter: expected a value after ${path}${operator}`);
  const text = token.startsWith('"') ? (JSON.parse(token) as string) : token;
  const compare = COMPARE[operator] ?? (() => false);
  if (path === 'timestamp') return (value) => compare(Date.parse(String(value)), String(Date.parse(text)));
  if (path !== 'severity') return (value) => compare(value, text);
  const rank = (severity: string): string => String(SEVERITIES.indexOf(severity.toUpperCase()));
  if (rank(text) === '-1') throw new Error(`filter: ${text} is no severity`);
  return (value) => compare(Number(rank(String(value))), rank(text));
}

const COMPARE: Record<string, (value: unknown, text: string) => boolean> = {
  '=': equal,
  '!=': (value, text) => !equal(value, text),
  '<': (value, text) => Number(value) < Number(text),
  '<=': (value, text) => Number(value) <= Number(text),
  '>': (value, text) => Number(value) > Number(text),
  '>=': (value, text) => Number(value) >= Number(text),
  ':': (value, text) => text === '*' || String(value).toLowerCase().includes(text.toLowerCase()),
  '=~': (value, text) => new RegExp(text).test(String(value)),
  '!~': (value, text) => !new RegExp(text).test(String(value)),
};

/** The text is read as what the field holds; strings are equal whatever their letter case. */
function equal(value: unknown, text: string): boolean {
  if (typeof value === 'number') return text.trim() !== '' && value === Number(text);
  return typeof value !== 'object' && String(value).toLowerCase() === text.toLowerCase();
}

function fieldOf(entry: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    entry,
  );
}

function expectToken(tokens: string[], expected: string): void {
  const token = tokens.shift();
  if (token !== expected) throw new Error(`filter: expected ${expected}, got ${token ?? 'its end'}`);
}
