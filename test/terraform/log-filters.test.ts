import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTCOMES } from '../../functions/incident-webhook/outcomes.ts';
import { versionLine } from '../../functions/incident-webhook/version-notice.ts';
import { toLogEntry } from '../support/log-entry.ts';
import { matches, readFilters } from '../support/log-filter.ts';
import type { FunctionRun } from './function-run.ts';
import { runLead } from './lead-run.ts';
import { runWebhook } from './webhook-run.ts';

const FILTERS = readFilters();
const RUNBOOKS = join(import.meta.dirname, '..', '..', 'terraform', 'runbooks');
const hit = new Set<string>();

function filtersOf(line: string, service: string): string[] {
  const entry = toLogEntry(line, service);
  const found = Object.entries(FILTERS).filter(([, filter]) => matches(filter, entry));
  for (const [name] of found) hit.add(name);
  return found.map(([name]) => name).sort();
}

describe('the log filters of Terraform', () => {
  let webhook: FunctionRun;
  let lead: FunctionRun;
  beforeAll(async () => {
    [webhook, lead] = await Promise.all([runWebhook(), runLead()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([webhook?.stop(), lead?.stop()]);
  });

  it.each([
    ['an unusable version of the secret', 'secretVersion', ['webhook_secret_version']],
    ['a published event', 'published', ['webhook_published']],
    ['a test message', 'ping', ['webhook_ignored']],
    ['an event of another type', 'otherType', ['webhook_ignored']],
    ['another version of our event', 'otherVersion', ['webhook_event_version', 'webhook_ignored']],
    ['another path', 'otherPath', ['webhook_rejected']],
    ['no headers', 'noHeaders', ['webhook_rejected']],
    ['a compressed body', 'compressed', ['webhook_rejected']],
    ['a body that was cut off', 'cutOff', ['webhook_rejected']],
    ['an expectation that cannot be met', 'expectation', ['webhook_rejected']],
    ['a wrong signature', 'badSignature', ['webhook_refused_signature', 'webhook_rejected']],
    ['a signature of another scheme', 'otherScheme', ['webhook_refused_signature', 'webhook_rejected']],
    ['an old timestamp', 'stale', ['webhook_refused_timestamp', 'webhook_rejected']],
    ['an authentic body that is no JSON', 'notJson', ['webhook_refused_authentic', 'webhook_rejected']],
    ['an authentic body that breaks the schema', 'badSchema', ['webhook_refused_authentic', 'webhook_rejected']],
    ['a refused publish', 'publishRefused', ['webhook_unavailable']],
  ])('find %s of incident-webhook', async (_, cause, expected) => {
    for (const line of await webhook.linesOf(cause)) expect(filtersOf(line, 'incident-webhook')).toEqual(expected);
  });

  it.each([
    ['a lead without the role', 'withoutRole', ['lead_without_role']],
    ['nothing in a lead with the role', 'withRole', []],
    ['nothing in an incident that is live', 'live', []],
    ['nothing in an incident without a lead', 'noLead', []],
    ['a lead without a Slack id', 'noSlackUser', ['lead_unmatched']],
    ['a lead that nobody knows', 'unknown', ['lead_unmatched']],
    ['a message that is none', 'invalid', ['lead_undeliverable']],
    ['nothing in a body that was cut off', 'cutOff', []],
    ['nothing in a body that came too slowly', 'slow', []],
    ['two alaners with one Slack id', 'ambiguous', ['lead_undeliverable']],
    ['a database that is gone', 'databaseGone', ['lead_database_unavailable']],
  ])('find %s of incident-lead', async (_, cause, expected) => {
    for (const line of await lead.linesOf(cause)) expect(filtersOf(line, 'incident-lead')).toEqual(expected);
  });

  // To read a version again takes half a minute, so these are the line of the unusable one with
  // their own severity and reason.
  it.each(['unread', 'unused'] as const)('find a version of the secret that is %s', async (kind) => {
    const [line = ''] = await webhook.linesOf('secretVersion');
    const { level, metadata } = versionLine({ kind, versions: ['3'] });
    const severity = level === 'warn' ? 'WARNING' : level.toUpperCase();
    const notice = JSON.stringify({ ...(JSON.parse(line) as object), severity, metadata });
    expect(filtersOf(notice, 'incident-webhook')).toEqual(['webhook_secret_version']);
  });

  // No request provokes a bug, so this is a refused publish with the outcome of one.
  it.each(['incident-webhook', 'incident-lead'])('find a bug of %s', async (service) => {
    const [line = ''] = await webhook.linesOf('publishRefused');
    const { outcome, status } = OUTCOMES.bug;
    const written = JSON.parse(line) as { metadata: object };
    const bug = JSON.stringify({ ...written, metadata: { ...written.metadata, reason: 'bug', outcome, status } });
    expect(filtersOf(bug, service)).toEqual(['function_failed']);
  });

  it('were each of them seen to find something', () => {
    expect([...hit].sort()).toEqual(Object.keys(FILTERS).sort());
  });
});

describe('the queries of the runbooks', () => {
  const queries = readdirSync(RUNBOOKS).flatMap((file) =>
    [...readFileSync(join(RUNBOOKS, file), 'utf8').matchAll(/gcloud logging read '([^']+)'/g)].map(
      ([, query]) => [file, query ?? ''] as const,
    ),
  );

  it.each(queries)('%s: %s', (_, query) => {
    expect(matches(query, {})).toBe(false);
  });
});
