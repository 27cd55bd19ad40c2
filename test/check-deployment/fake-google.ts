import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SECRET } from '../../tools/events/sign.ts';
import { toLogEntry } from '../support/log-entry.ts';
import { matches } from '../support/log-filter.ts';

export type Json = Record<string, unknown>;
type Published = { readonly data: string; readonly attributes: Record<string, string> };

/** What the APIs of Google say of a deployment; each test changes one thing. */
export interface GoogleState {
  /** By the end of the address: an answer, or the status of a refusal. What is not here does not exist. */
  answers: Json;
  /** How Cloud Logging reads a line, undefined for a line that is lost. */
  ingest(line: string, service: string): object | undefined;
  /** Whether Cloud Logging shows entries with one insertId and timestamp once. */
  dropsDuplicates: boolean;
}

/** Google's own account that forwards dead letters. */
export const AGENT = 'serviceAccount:service-123@gcp-sa-pubsub.iam.gserviceaccount.com';
const LEAD_URL = 'https://incident-lead-abc-ew.a.run.app';

/** A deployment as Terraform plans it. */
export function plannedState(webhookUrl: string): GoogleState {
  const serves = (uri: string, ingressSettings: string, timeoutSeconds: number) => ({
    state: 'ACTIVE',
    serviceConfig: { uri, ingressSettings, timeoutSeconds },
  });
  const answers: Json = {
    'functions/incident-webhook': serves(webhookUrl, 'ALLOW_ALL', 15),
    'functions/incident-lead': serves(LEAD_URL, 'ALLOW_INTERNAL_ONLY', 60),
    ...versions(SECRET),
    'topics/incident-events/subscriptions': {
      subscriptions: ['projects/p/subscriptions/archive', 'projects/p/subscriptions/incident-lead'],
    },
    'subscriptions/incident-lead': {
      topic: 'projects/p/topics/incident-events',
      ackDeadlineSeconds: 90,
      expirationPolicy: {},
      pushConfig: {
        pushEndpoint: LEAD_URL,
        oidcToken: { audience: LEAD_URL, serviceAccountEmail: 'incident-lead-push@p.iam.gserviceaccount.com' },
      },
      deadLetterPolicy: { deadLetterTopic: 'projects/p/topics/incident-lead-dead-letter', maxDeliveryAttempts: 30 },
    },
    'subscriptions/incident-lead-dead-letter': { topic: 'projects/p/topics/incident-lead-dead-letter' },
    'subscriptions/incident-lead:getIamPolicy': policy('subscriber', AGENT),
    'topics/incident-lead-dead-letter:getIamPolicy': policy('publisher', AGENT),
    timeSeries: deadLetters(0),
  };
  return { answers, ingest: toLogEntry, dropsDuplicates: true };
}

/** The enabled versions of the secret, from 1 on. */
export function versions(...values: readonly string[]): Json {
  const names = values.map((_, index) => ({ name: `s/versions/${index + 1}` }));
  const payloads = values.map((value, index) => [
    `versions/${index + 1}:access`,
    { payload: { data: Buffer.from(value).toString('base64') } },
  ]);
  return { 'secrets/INCIDENT_WEBHOOK_SECRET/versions': { versions: names }, ...Object.fromEntries(payloads) };
}

/** Who holds a role in Pub/Sub. */
export function policy(role: 'subscriber' | 'publisher' | 'viewer', member: string): Json {
  return { bindings: [{ role: `roles/pubsub.${role}`, members: [member] }] };
}

/** How many dead letters wait. */
export function deadLetters(count: number): Json {
  return { timeSeries: [{ points: [{ value: { int64Value: String(count) } }] }] };
}

/**
 * Starts a server in place of every API of Google, by host: `/pubsub.googleapis.com/v1/...`.
 * @param publish is handed each message, its data decoded.
 */
export async function startFakeGoogle(
  state: () => GoogleState,
  publish: (message: { data: Buffer; attributes: Record<string, string> }) => void,
) {
  const entries: Json[] = [];
  const published: Published[] = [];
  const answer = (pathname: string, body: Json): unknown => {
    if (pathname.endsWith('/entries:list')) return { entries: shown(entries, body, state().dropsDuplicates) };
    if (pathname.endsWith('/topics/incident-events:publish')) {
      for (const message of body['messages'] as Published[]) {
        published.push(message);
        publish({ ...message, data: Buffer.from(message.data, 'base64') });
      }
      return { messageIds: ['1', '2'] };
    }
    return Object.entries(state().answers).find(([end]) => pathname.endsWith(`/${end}`))?.[1];
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://fake');
    const found = answer(pathname, request.method === 'POST' ? (JSON.parse(await text(request)) as Json) : {}) ?? 404;
    const [status, body] = typeof found === 'number' ? [found, { error: { message: 'refused' } }] : [200, found];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was published, as it came. */
    published,
    /** Empties the log, and what was published. */
    forget(): void {
      entries.length = 0;
      published.length = 0;
    },
    /** A line that a function wrote. */
    write(line: string, service: string): void {
      const entry = state().ingest(line, service);
      if (entry) entries.push({ ...entry, ...lifted(line), logName: 'projects/p/logs/run.googleapis.com%2Fstdout' });
    },
    /** A request that Cloud Run answered. */
    answered(service: string, status: number): void {
      const logName = 'projects/p/logs/run.googleapis.com%2Frequests';
      const resource = { type: 'cloud_run_revision', labels: { service_name: service } };
      entries.push({ logName, resource, timestamp: new Date().toISOString(), httpRequest: { status } });
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/**
 * The fields of a line that Cloud Logging makes fields of the entry:
 * https://cloud.google.com/logging/docs/structured-logging.
 */
function lifted(line: string): Json {
  const written = JSON.parse(line) as { timestamp?: { seconds: number; nanos: number } } & Json;
  const { seconds, nanos } = written.timestamp ?? { seconds: Date.now() / 1000, nanos: 0 };
  return {
    timestamp: new Date(seconds * 1000 + nanos / 1e6).toISOString(),
    insertId: written['logging.googleapis.com/insertId'] ?? `own-${Math.random()}`,
  };
}

/** As Cloud Logging answers a query: of entries with one insertId and timestamp, one; newest first. */
function shown(entries: readonly Json[], { filter, pageSize }: Json, dropsDuplicates: boolean): Json[] {
  const found = entries.filter((entry) => matches(String(filter), entry)).reverse();
  // Two requests of one millisecond are two: without an insertId, nothing is a duplicate.
  const key = ({ insertId, timestamp }: Json, index: number) =>
    insertId === undefined ? index : `${insertId} ${timestamp}`;
  const once = new Map(found.map((entry, index) => [key(entry, index), entry]));
  return (dropsDuplicates ? [...once.values()] : found).slice(0, Number(pageSize));
}
