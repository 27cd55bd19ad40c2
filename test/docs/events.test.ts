import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assessment } from '../../functions/incident-lead/assess.ts';
import { answerLeads, answerMessage, type MessageOutcome } from '../../functions/incident-lead/outcomes.ts';
import { toMessage } from '../../functions/incident-webhook/publish.ts';
import schema from '../../schemas/incident-event.schema.json' with { type: 'json' };
import { decodeIncidentEvent } from '../../shared/decode-incident-event.ts';
import type { IncidentEvent } from '../../shared/incident-event.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { compileFilter } from '../../tools/services/pubsub/filter.ts';
import { blocks, code, table } from './markdown.ts';

interface Schema {
  readonly $ref?: string;
  readonly const?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const page = await readFile(join(ROOT, 'docs', 'events.md'), 'utf8');
const example = JSON.parse(blocks(page, 'json')[0] ?? '') as IncidentEvent;
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const message = toMessage(example, traceparent);

/** The compiler sees to it that none is missing. */
const keys = <T extends string>(record: Record<T, true>): T[] => Object.keys(record) as T[];
const LEAD_OUTCOMES = keys<Assessment['outcome']>({
  no_slack_user: true,
  unknown_alaner: true,
  ambiguous_alaner: true,
  lead_with_role: true,
  lead_without_role: true,
});
const MESSAGE_OUTCOMES = keys<MessageOutcome>({
  skipped_status: true,
  no_lead: true,
  invalid_message: true,
  database_unavailable: true,
  failed: true,
});

it('shows an example that subscribers accept', () => {
  expect(decodeIncidentEvent(Buffer.from(JSON.stringify(example)))).toEqual(example);
});

it('lists every field of the schema, with its type', () => {
  expect(table(page, 'field', 'type').map(([field, type]) => [code(field), type])).toEqual(fields(schema));
});

it('says of a field which may be missing that it is new, and of no other', () => {
  const missing = fields(schema, ({ required = [] }, name) => !required.includes(name)).map(([field]) => field);
  const said = table(page, 'field', 'type').filter(([, , meaning]) => meaning?.startsWith('New'));
  expect(said.map(([field]) => code(field))).toEqual(missing);
});

it('lists every attribute, as the example has them', () => {
  const rows = table(page, 'attribute', 'in the example');
  expect(Object.fromEntries(rows.map(([name, value]) => [code(name), code(value)]))).toEqual(message.attributes);
});

it.each(table(page, 'filter', 'passes the example').map(([filter, passes]) => [code(filter), passes]))(
  'offers the filter %s, which passes the example: %s',
  (filter, passes) => {
    expect(compileFilter(filter ?? '')(message.attributes) ? 'yes' : 'no').toBe(passes);
  },
);

it('shows a Terraform entry with the settings that there are', async () => {
  const variables = await readFile(join(ROOT, 'terraform', 'variables.tf'), 'utf8');
  const [entry = ''] = blocks(page, 'hcl');
  const settings = [...entry.matchAll(/^ {4}(\w+) +=/gm)].map(([, name]) => name);
  expect(settings).toEqual(['filter', 'push', 'readers']);
  const [declared = ''] = /variable "subscribers" \{[\s\S]*?\n\}/.exec(variables) ?? [];
  for (const name of settings) expect(declared).toMatch(new RegExp(`^ {4}${name} += optional\\(`, 'm'));
  const filters = [...entry.matchAll(/filter = (".*")$/gm)].map(([, text]) => JSON.parse(text ?? '') as string);
  expect(filters.map((filter) => compileFilter(filter)(message.attributes))).toEqual([false]);
});

it('shows the sample subscriber as it is', async () => {
  expect(blocks(page, 'ts')).toEqual([await readFile(join(ROOT, 'docs', 'examples', 'subscriber.ts'), 'utf8')]);
});

it('has a sample subscriber that handles each event once and refuses other versions', async () => {
  const [topic, subscription] = ['projects/p/topics/events', 'projects/p/subscriptions/my-team'];
  const emulator = await startPubSubEmulator();
  emulator.createTopic({ name: topic });
  emulator.createSubscription({ name: subscription, topic, retryPolicy: {} });
  const other = { ...message.attributes, webhookId: 'msg_2', schemaVersion: '2' };
  emulator.publish(topic, message, message, { ...message, attributes: other });
  const child = spawn(process.execPath, [join(ROOT, 'docs', 'examples', 'subscriber.ts'), subscription], {
    env: { PATH: process.env['PATH'], PUBSUB_EMULATOR_HOST: emulator.host, METADATA_SERVER_DETECTION: 'none' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [printed, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  while (emulator.backlog(subscription) > 1 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGTERM');
  await once(child, 'close');
  const left = emulator.backlog(subscription);
  await emulator.close();
  expect({ printed, errors, left }).toEqual({ printed: 'INC-123 is learning, leads: 1\n', errors: '', left: 1 });
});

it('lists every outcome of the subscriber function, with its severity', () => {
  const delivery = { messageId: undefined, deliveryAttempt: undefined, trace: undefined };
  const context = { delivery, event: example, now: 0 };
  const [lead = { incidentIoUserId: null, slackUserId: null }] = example.leads;
  const leadLines = (outcome: Assessment['outcome']) =>
    answerLeads(context, example, [{ lead, assessment: { outcome, email: 'ada@example.com' } }]).lines;
  const lines = [
    ...LEAD_OUTCOMES.flatMap((outcome) => leadLines(outcome)),
    ...MESSAGE_OUTCOMES.flatMap((outcome) => answerMessage(context, outcome).lines),
  ];
  const severity = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' };
  const written = lines.map(({ level, metadata }) => [metadata['outcome'], severity[level]]);
  const shown = table(page, 'outcome', 'severity').map(([outcome, level]) => [code(outcome), level]);
  expect(shown.sort()).toEqual(written.sort());
  expect(page).toContain(`\`${leadLines('lead_without_role')[0]?.message}\``);
});

/** Paths and types of the schema's fields, in its order; objects and arrays are entered, not listed. */
function fields(of: Schema, keep: (parent: Schema, name: string) => boolean = () => true, path = ''): string[][] {
  return Object.entries(of.properties ?? {}).flatMap(([name, field]) => {
    const own = keep(of, name) ? [[path + name, typeOf(field)]] : [];
    if (field.properties) return fields(field, keep, `${path}${name}.`);
    return field.items?.properties ? fields(field.items, keep, `${path}${name}[].`) : own;
  });
}

function typeOf({ $ref, const: constant, type, anyOf }: Schema): string {
  if ($ref === '#/$defs/timestamp') return 'timestamp';
  if (constant !== undefined) return 'constant';
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  return [type ?? []].flat().join(' or ');
}
