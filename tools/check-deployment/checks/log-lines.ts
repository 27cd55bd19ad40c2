import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Deployment } from '../deployment.ts';
import type { Google } from '../google.ts';
import { CheckFailed, type Passed } from '../report.ts';

/** A LogEntry, as far as it is looked at here. */
export interface LogEntry {
  readonly insertId?: string;
  readonly severity?: string;
  readonly textPayload?: string;
  readonly jsonPayload?: { readonly message?: unknown; readonly metadata?: Readonly<Record<string, unknown>> };
}

/** The filters that Terraform's counters and alerts have. */
export const FILTERS = parse(
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'terraform', 'log-filters.yaml'), 'utf8'),
) as Readonly<Record<string, string>>;

const NEWEST = 20;
const WEEK_MS = 7 * 86_400_000;
const PAUSE_MS = 3_000;

/** The newest entries that a filter finds, newest first. */
export async function findEntries(
  google: Google,
  { project }: Deployment,
  filter: string,
): Promise<readonly LogEntry[]> {
  const { entries = [] } = await google.call<{ entries?: LogEntry[] }>('logging.googleapis.com/v2/entries:list', {
    resourceNames: [`projects/${project}`],
    filter,
    orderBy: 'timestamp desc',
    pageSize: NEWEST,
  });
  return entries;
}

/** Asks again until `found` says enough, for at most `waitMs`. Returns what was found last. */
export async function waitFor<T>(waitMs: number, ask: () => Promise<T>, found: (value: T) => boolean): Promise<T> {
  const until = performance.now() + waitMs;
  for (;;) {
    const value = await ask();
    if (found(value) || performance.now() >= until) return value;
    await sleep(Math.min(PAUSE_MS, waitMs / 10));
  }
}

/**
 * That the line of a request made just now is found by the filter that counts and alerts on it.
 * @param filter its name in terraform/log-filters.yaml.
 * @param status of the answer, which the line has to say too.
 */
export async function checkLine(
  google: Google,
  deployment: Deployment,
  { filter, webhookId, status, waitMs }: { filter: string; webhookId: string; status: number; waitMs: number },
): Promise<Passed<void>> {
  const query = `${FILTERS[filter]} AND jsonPayload.metadata.webhookId="${webhookId}" AND timestamp>="${new Date(Date.now() - WEEK_MS).toISOString()}"`;
  const [entry] = await waitFor(
    waitMs,
    () => findEntries(google, deployment, query),
    ({ length }) => length > 0,
  );
  if (entry === undefined) {
    throw new CheckFailed(
      `the filter ${filter} did not find the line of ${webhookId} within ${waitMs / 1000} s`,
      `See how it was parsed: gcloud logging read '"${webhookId}"' --project=${deployment.project} --freshness=1h --format=json`,
    );
  }
  const { severity, jsonPayload: { message, metadata } = {} } = entry;
  if (typeof message !== 'string' || metadata?.['status'] !== status || severity === undefined) {
    throw new CheckFailed(
      `the line of ${webhookId} lacks its message, severity or status ${status}: ${JSON.stringify(entry)}`,
      'The deployed code and terraform/log-filters.yaml differ: deploy from one commit.',
    );
  }
  return { says: `found by ${filter}: ${severity}, "${message}"`, value: undefined };
}

/** That Cloud Logging reads the newest lines of a function as fields, not as text. */
export async function checkNewestLines(google: Google, deployment: Deployment, service: string): Promise<Passed<void>> {
  const since = new Date(Date.now() - WEEK_MS).toISOString();
  const lines = await findEntries(
    google,
    deployment,
    `resource.type="cloud_run_revision" AND resource.labels.service_name="${service}" AND logName="projects/${deployment.project}/logs/run.googleapis.com%2Fstdout" AND timestamp>="${since}"`,
  );
  const unparsed = lines.filter(({ jsonPayload, severity }) => !jsonPayload?.metadata || severity === undefined);
  if (unparsed.length > 0) {
    throw new CheckFailed(
      `${unparsed.length} of the newest ${lines.length} lines of ${service} are not fields: no filter finds them`,
      `Look at one: ${JSON.stringify(unparsed[0]).slice(0, 300)}`,
    );
  }
  if (lines.length === 0) return { says: `${service} wrote none in 7 days`, value: undefined };
  return { says: `the newest ${lines.length} of ${service} are parsed`, value: undefined };
}
