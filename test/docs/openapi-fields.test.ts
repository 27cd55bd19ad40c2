import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { Refusal } from '../../functions/incident-webhook/outcomes.ts';
import schema from '../../schemas/incident-webhook.schema.json' with { type: 'json' };
import { EXAMPLES } from '../../tools/events/payload.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

const UPDATE = 'public_incident.incident_updated_v2';
const OLD_FORM = `${UPDATE}/incident_id`;
const EXAMPLE = JSON.parse(readFileSync(join(EXAMPLES, `${UPDATE}.json`), 'utf8')) as {
  [UPDATE]: Record<string, Json>;
};

it('lists exactly the fields whose values decide what is published', () => {
  expect(listed(schema as unknown as Schema).sort()).toEqual([...readFields(EXAMPLE), OLD_FORM].sort());
});

it('lists the id of the old form, which is read where there is no other', () => {
  const { id, ...others } = EXAMPLE[UPDATE];
  const old = { ...EXAMPLE, [UPDATE]: { ...others, incident_id: id ?? '' } };
  expect(readFields(old)).toContain(OLD_FORM);
  expect(read({ ...EXAMPLE, [UPDATE]: { ...EXAMPLE[UPDATE], incident_id: 'another' } })).toBe(read(EXAMPLE));
});

it('lists the status of the old form, which is a string', () => {
  const old = { ...EXAMPLE, [UPDATE]: { ...EXAMPLE[UPDATE], incident_status: 'closed' } };
  expect(readFields(old)).toContain(`${UPDATE}/incident_status`);
});

/** The fields of a body that the reader does not ignore: another value there changes what it makes of the body. */
function readFields(body: Json): string[] {
  const original = read(body);
  const found = leaves(body)
    .filter((path) => read(changed(body, path)) !== original)
    .map((path) => path.filter((key) => !/^[0-9]+$/.test(key)).join('/'));
  return [...new Set(found)];
}

function read(body: Json): string {
  try {
    return JSON.stringify(readIncident(JSON.stringify(body), { webhookId: 'msg_1', receivedAt: new Date(0) }));
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

function leaves(value: Json): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child).map((path) => [key, ...path]));
}

function changed(value: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return typeof value === 'string' ? `${value}0` : 'other';
  const copy = structuredClone(value) as Record<string, Json>;
  copy[key] = changed(copy[key] ?? null, rest);
  return copy as Json;
}

/** The fields at the ends of the schema. */
function listed({ $ref, properties = {}, items, then, else: otherwise }: Schema): string[] {
  if ($ref !== undefined) {
    const definition = schema.$defs[$ref.split('/').at(-1) as keyof typeof schema.$defs] as Schema;
    return listed(definition);
  }
  const own = Object.entries(properties).flatMap(([name, child]) => {
    const below = listed(child);
    return below.length === 0 ? [name] : below.map((path) => `${name}/${path}`);
  });
  const elsewhere = [items, then, otherwise].flatMap((part) => (part === undefined ? [] : listed(part)));
  // A field that is described in two places is one field; one with fields of its own is no end.
  const all = [...new Set([...own, ...elsewhere])];
  return all.filter((path) => !all.some((other) => other.startsWith(`${path}/`)));
}
