import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Field = 'id' | 'timestamp' | 'signature';

type Change =
  | { readonly op: 'delete'; readonly header: Field }
  | { readonly op: 'set' | 'template'; readonly header: Field; readonly value: string }
  | { readonly op: 'slice'; readonly header: Field; readonly end: number }
  | { readonly op: 'addSeconds'; readonly header: Field; readonly seconds: number }
  | { readonly op: 'headerCase'; readonly names: Readonly<Record<string, string>> };

/** One published case; the fixtures' source describes each field. */
export interface Vector {
  readonly name: string;
  readonly portable: boolean;
  readonly stage: 'verify' | 'construct' | 'sign' | 'api';
  readonly secret: string | null;
  readonly secretFormat?: string;
  readonly body?: string | null;
  readonly bodyRepeat?: { readonly text: string; readonly count: number };
  readonly headers?: Readonly<Record<string, string>>;
  readonly recipe?: {
    readonly id: string;
    readonly headerPrefix: string;
    readonly timestamp?: number;
    readonly timestampOffset?: number;
    readonly signWith?: string;
    readonly signBody?: string;
    readonly signTimestampText?: string;
    readonly mutations: readonly Change[];
  };
  /** Unix seconds of the verifier's clock. */
  readonly now?: number;
  readonly configuredTolerance?: unknown;
  readonly expect: 'valid' | 'invalid';
  readonly contract?: 'valid' | 'invalid';
}

/** Every case, from the published tests of nine languages. */
export const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'signature-vectors.json'), 'utf8'),
) as readonly Vector[];

/** What is expected of us: the contract decides where the sources disagree. */
export function isValid({ contract, expect }: Vector): boolean {
  return (contract ?? expect) === 'valid';
}

/** The secret in the contract's form, which has its prefix. */
export function secretOf({ secret }: Vector): string {
  return secret === null || secret.startsWith('whsec_') || secret.startsWith('v1,')
    ? (secret ?? '')
    : `whsec_${secret}`;
}

/** The body's bytes. */
export function bodyOf({ body, bodyRepeat }: Vector): Buffer {
  return Buffer.from(bodyRepeat ? bodyRepeat.text.repeat(bodyRepeat.count) : (body ?? ''));
}

/** The headers: finished ones, or made by the recipe. `clock` in Unix seconds, where the case has none of its own. */
export function headersOf(vector: Vector, clock: number): Record<string, string> {
  const { recipe, headers, now = clock } = vector;
  if (recipe === undefined) return { ...headers };
  const timestamp = recipe.timestamp ?? now + (recipe.timestampOffset ?? 0);
  const key = Buffer.from((recipe.signWith ?? vector.secret ?? '').replace(/^whsec_/, ''), 'base64');
  const hmac = createHmac('sha256', key).update(`${recipe.id}.${recipe.signTimestampText ?? timestamp}.`);
  const signature = hmac.update(recipe.signBody === undefined ? bodyOf(vector) : recipe.signBody).digest('base64');
  const three: Record<Field, string | undefined> = {
    id: recipe.id,
    timestamp: String(timestamp),
    signature: `v1,${signature}`,
  };
  let names: Readonly<Record<string, string>> = {};
  for (const change of recipe.mutations) {
    if (change.op === 'headerCase') names = change.names;
    else three[change.header] = changed(change, three[change.header] ?? '');
  }
  return Object.fromEntries(
    Object.entries(three).flatMap(([field, value]) => {
      const name = `${recipe.headerPrefix}${field}`;
      return value === undefined ? [] : [[names[name] ?? name, value]];
    }),
  );
}

function changed(change: Exclude<Change, { op: 'headerCase' }>, current: string): string | undefined {
  switch (change.op) {
    case 'delete':
      return undefined;
    case 'set':
      return change.value;
    case 'template':
      return change.value.replace('{header}', () => current);
    case 'slice':
      return current.slice(0, change.end);
    case 'addSeconds':
      return String(Number(current) + change.seconds);
  }
}
