import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Deployment } from '../deployment.ts';
import { ensure, type Passed } from '../report.ts';

/** A LogEntry, as far as it is looked at here. */
interface LogEntry {
  readonly insertId?: string;
  readonly severity?: string;
  readonly jsonPayload?: { readonly message?: unknown; readonly metadata?: Readonly<Record<string, unknown>> };
}

/** The filters that Terraform's counters and alerts have. */
export const FILTERS = parse(
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'terraform', 'log-filters.yaml'), 'utf8'),
) as Readonly<Record<string, string>>;

const NEWEST = 20;
const WEEK_MS = 7 * 86_400_000;
const PAUSE_MS = 3_000;

/** The newest entries that a filter finds in a week, newest first. */
export async function findEntries({ google, project }: Deployment, filter: string): Promise<readonly LogEntry[]> {
  const since = new Date(Date.now() - WEEK_MS).toISOString();
  const { entries = [] } = await google<{ entries?: LogEntry[] }>('logging.googleapis.com/v2/entries:list', {
    resourceNames: [`projects/${project}`],
    filter: `${filter} AND timestamp>="${since}"`,
    orderBy: 'timestamp desc',
    pageSize: NEWEST,
  });
  return entries;
}

/** Asks again until a filter finds so many entries, for at most the deployment's `waitMs`. Returns those found last. */
export async function awaitEntries(deployment: Deployment, filter: string, count: number) {
  const { waitMs } = deployment;
  const until = performance.now() + waitMs;
  for (;;) {
    const entries = await findEntries(deployment, filter);
    if (entries.length >= count || performance.now() >= until) return entries;
    await sleep(Math.min(PAUSE_MS, waitMs / 10));
  }
}

/** The filter for one of a function's logs. */
export function logOf({ project }: Deployment, service: string, log: 'stdout' | 'requests'): string {
  return `resource.type="cloud_run_revision" AND resource.labels.service_name="${service}" AND logName="projects/${project}/logs/run.googleapis.com%2F${log}"`;
}

/**
 * That the line of a request made just now is found by the filter that counts such lines and alerts on them.
 * @param filter its name in terraform/log-filters.yaml.
 * @param status of the answer, which the line has to say too.
 */
export async function checkLine(
  deployment: Deployment,
  filter: string,
  webhookId: string,
  status: number,
): Promise<Passed> {
  const { project, waitMs } = deployment;
  const query = `${FILTERS[filter]} AND jsonPayload.metadata.webhookId="${webhookId}"`;
  const [entry] = await awaitEntries(deployment, query, 1);
  ensure(
    entry,
    `the filter ${filter} did not find the line of ${webhookId} within ${waitMs / 1000} s`,
    `See how it was parsed: gcloud logging read '"${webhookId}"' --project=${project} --freshness=1h --format=json`,
  );
  const { severity, jsonPayload: { message, metadata } = {} } = entry;
  ensure(
    typeof message === 'string' && metadata?.['status'] === status && severity !== undefined,
    `the line of ${webhookId} lacks its message, severity or status ${status}: ${JSON.stringify(entry)}`,
    'The deployed code and terraform/log-filters.yaml differ: deploy from one commit.',
  );
  return { says: `found by ${filter}: ${severity}, "${message}"` };
}

/** That Cloud Logging reads the newest lines of a function as fields, not as text. */
export async function checkNewestLines(deployment: Deployment, service: string): Promise<Passed> {
  const lines = await findEntries(deployment, logOf(deployment, service, 'stdout'));
  const unparsed = lines.filter(({ jsonPayload, severity }) => !jsonPayload?.metadata || severity === undefined);
  ensure(
    unparsed.length === 0,
    `${unparsed.length} of the newest ${lines.length} lines of ${service} are not fields: no filter finds them`,
    `Look at one: ${JSON.stringify(unparsed[0])?.slice(0, 300)}`,
  );
  if (lines.length === 0) return { says: `${service} wrote none in 7 days` };
  return { says: `the newest ${lines.length} of ${service} are parsed` };
}
