import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SECRET } from '../../tools/events/sign.ts';
import { toLogEntry } from '../support/log-entry.ts';
import { matches } from '../support/log-filter.ts';

type Json = Record<string, unknown>;

/** What the APIs of Google say of a deployment; each test spoils one thing. */
export interface GoogleState {
  functions: Record<string, { state: string; serviceConfig: Json }>;
  /** By number; all enabled. */
  versions: Record<string, string>;
  subscriptions: Record<string, Json>;
  policies: Record<string, Json>;
  subscribers: string[];
  /** Undefined: no figure yet. */
  deadLetters: number | undefined;
  /** How Cloud Logging reads a line, undefined for a line that is lost. */
  ingest(line: string, service: string): object | undefined;
  /** Whether Cloud Logging shows entries with one insertId and timestamp once. */
  dropsDuplicates: boolean;
  /** Status that an API answers with, by the start of its address. */
  refused: Record<string, number>;
}

/** A server in place of every API of Google, by host: `/pubsub.googleapis.com/v1/...`. */
export interface FakeGoogle {
  readonly url: string;
  /** What was published, as it came. */
  readonly published: readonly Json[];
  /** Empties the log, and what was published. */
  forget(): void;
  /** A line that a function wrote. */
  write(line: string, service: string): void;
  /** A request that Cloud Run answered. */
  answered(service: string, status: number): void;
  close(): Promise<void>;
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
  return {
    functions: {
      'incident-webhook': serves(webhookUrl, 'ALLOW_ALL', 15),
      'incident-lead': serves(LEAD_URL, 'ALLOW_INTERNAL_ONLY', 60),
    },
    versions: { 1: SECRET },
    subscriptions: {
      'incident-lead': {
        topic: 'projects/p/topics/incident-events',
        ackDeadlineSeconds: 90,
        expirationPolicy: {},
        pushConfig: {
          pushEndpoint: LEAD_URL,
          oidcToken: { audience: LEAD_URL, serviceAccountEmail: 'incident-lead-push@p.iam.gserviceaccount.com' },
        },
        deadLetterPolicy: { deadLetterTopic: 'projects/p/topics/incident-lead-dead-letter', maxDeliveryAttempts: 30 },
      },
      'incident-lead-dead-letter': { topic: 'projects/p/topics/incident-lead-dead-letter', expirationPolicy: {} },
    },
    policies: {
      'subscriptions/incident-lead': { bindings: [{ role: 'roles/pubsub.subscriber', members: [AGENT] }] },
      'topics/incident-lead-dead-letter': { bindings: [{ role: 'roles/pubsub.publisher', members: [AGENT] }] },
    },
    subscribers: ['projects/p/subscriptions/archive', 'projects/p/subscriptions/incident-lead'],
    deadLetters: 0,
    ingest: toLogEntry,
    dropsDuplicates: true,
    refused: {},
  };
}

/** @param publish is handed each message, its data decoded. */
export async function startFakeGoogle(
  state: () => GoogleState,
  publish: (message: { data: Buffer; attributes: Record<string, string> }) => void,
): Promise<FakeGoogle> {
  const entries: Json[] = [];
  const published: Json[] = [];
  const routes: [RegExp, (match: readonly string[], body: Json) => unknown][] = [
    [/functions\/([\w-]+)$/, ([name = '']) => state().functions[name]],
    [/\/versions$/, () => ({ versions: Object.keys(state().versions).map((n) => ({ name: `s/versions/${n}` })) })],
    [/\/versions\/(\d+):access$/, ([n = '']) => ({ payload: { data: toBase64(state().versions[n] ?? '') } })],
    [/\/topics\/[\w-]+\/subscriptions$/, () => ({ subscriptions: state().subscribers })],
    [/\/((?:topics|subscriptions)\/[\w-]+):getIamPolicy$/, ([name = '']) => state().policies[name] ?? {}],
    [/\/topics\/([\w-]+)$/, ([name]) => ({ name })],
    [/\/subscriptions\/([\w-]+)$/, ([name = '']) => state().subscriptions[name]],
    [/\/timeSeries$/, () => figures(state().deadLetters)],
    [/\/entries:list$/, (_, body) => ({ entries: shown(entries, body, state().dropsDuplicates) })],
    [
      /\/topics\/incident-events:publish$/,
      (_, body) => {
        for (const message of body['messages'] as { data: string; attributes: Record<string, string> }[]) {
          published.push(message);
          publish({ ...message, data: Buffer.from(message.data, 'base64') });
        }
        return { messageIds: ['1', '2'] };
      },
    ],
  ];
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const { pathname } = new URL(request.url ?? '', 'http://fake');
    const refusal = Object.entries(state().refused).find(([address]) => pathname.startsWith(`/${address}`));
    if (refusal) return [refusal[1], { error: { message: 'refused by the test' } }];
    const body = request.method === 'POST' ? (JSON.parse(await text(request)) as Json) : {};
    for (const [path, reply] of routes) {
      const match = path.exec(pathname);
      const found = match && reply(match.slice(1), body);
      if (found !== undefined && found !== null) return [200, found];
    }
    return [404, { error: { message: 'not found' } }];
  };
  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    published,
    forget() {
      entries.length = 0;
      published.length = 0;
    },
    write(line, service) {
      const entry = state().ingest(line, service);
      if (entry) entries.push({ ...entry, ...lifted(line), logName: 'projects/p/logs/run.googleapis.com%2Fstdout' });
    },
    answered(service, status) {
      const logName = 'projects/p/logs/run.googleapis.com%2Frequests';
      const resource = { type: 'cloud_run_revision', labels: { service_name: service } };
      entries.push({ logName, resource, timestamp: new Date().toISOString(), httpRequest: { status } });
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function toBase64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function figures(deadLetters: number | undefined): unknown {
  if (deadLetters === undefined) return {};
  return { timeSeries: [{ points: [{ value: { int64Value: String(deadLetters) } }] }] };
}

/**
 * The fields of a line that Cloud Logging makes fields of the entry:
 * https://cloud.google.com/logging/docs/structured-logging.
 */
function lifted(line: string): Json {
  const written = JSON.parse(line) as { timestamp?: { seconds: number; nanos: number } } & Json;
  const at = written.timestamp
    ? new Date(written.timestamp.seconds * 1000 + written.timestamp.nanos / 1e6)
    : new Date();
  return {
    timestamp: at.toISOString(),
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
