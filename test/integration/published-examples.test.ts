import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRET } from '../../tools/events/sign.ts';
import { type Expected, expectOutcome } from '../support/hostile-table.ts';
import { bodyOf, headersOf, isValid, secretOf, VECTORS } from '../support/signature-vectors.ts';
import { type Sent, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const PAYLOADS = join(import.meta.dirname, '..', '..', 'schemas', 'examples');
/** Cases with a clock of their own, and those that a passing second would decide otherwise, run at the verifier. */
const REQUESTS = VECTORS.filter(
  ({ stage, portable, now, recipe }) =>
    stage === 'verify' && portable && now === undefined && ![-300, 301].includes(recipe?.timestampOffset ?? 0),
);
const SECRETS = new Set([SECRET, ...REQUESTS.map(secretOf)]);

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem({ INCIDENT_WEBHOOK_SECRET: [...SECRETS].join(' ') });
});
afterAll(() => system.stop());

it.each(['official-2026-08', 'official-2025-12', '.'].flatMap(filesIn))("answers incident.io's %s", async (file) => {
  const sent = await system.send({ body: readFileSync(join(PAYLOADS, file)) });
  await expectOutcome(system, sent, outcomeOf(file));
});

it('has a published case for every form of request', () => {
  expect(REQUESTS.length).toBe(57);
});

it.each(REQUESTS.map((vector) => [vector.name, vector] as const))(
  'agrees with the published case %s',
  async (_name, vector) => {
    const headers = headersOf(vector, Math.floor(Date.now() / 1000));
    const sent = await system.send({ body: bodyOf(vector), headers, signing: null });
    // None of the bodies is an incident of ours, and a few are not JSON.
    const status = sent.answer?.status;
    expect(isValid(vector) ? [400, 422].includes(status ?? 0) : status === 401).toBe(true);
    const [line] = await system.linesOf(sent);
    expect(line?.metadata).toMatchObject({ outcome: 'rejected', status });
    expectNothingPublished(sent);
  },
);

function filesIn(folder: string): string[] {
  const names = readdirSync(join(PAYLOADS, folder)).filter((name) => name.endsWith('.json'));
  return names.map((name) => join(folder, name));
}

function outcomeOf(file: string): Expected {
  if (file.endsWith('svix-ping.json')) return [204, 'ignored', 'INFO', 'ping'];
  if (file.endsWith('public_incident.incident_updated_v2.json')) return [204, 'published', 'INFO'];
  return [204, 'ignored', 'INFO', 'event_type'];
}

function expectNothingPublished(sent: Sent): void {
  expect(system.publishedFor(sent)).toEqual([]);
}
