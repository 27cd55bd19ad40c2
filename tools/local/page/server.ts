import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { INCIDENT_UPDATED } from '../../../functions/incident-webhook/webhook-body.ts';
import { escapeControls } from '../../../shared/escape-controls.ts';
import { eventTypes, LEADS, STATUSES } from '../../events/payload.ts';
import { FAULTS } from '../../events/signed-request.ts';
import { closeServer, listenOn } from '../../services/listen-on.ts';
import { sendCommand, storyCommand } from '../timeline/commands.ts';
import { explain } from '../timeline/explanation.ts';
import { currentHops, type Hop, type State } from '../timeline/hop.ts';
import type { HopReader } from '../timeline/hop-reader.ts';
import { type PageSubject, sendChosen } from './send-chosen.ts';

/** `NODE_OPTIONS` that have incident-webhook print its requests, for the page. */
export const CAPTURE_REQUESTS = `--import "${new URL('capture-requests.ts', import.meta.url).href}"`;

const DOCS = join(import.meta.dirname, '..', '..', '..', 'dist', 'docs', 'index.html');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
const FILES = readdirSync(import.meta.dirname).filter((file) => extname(file) in TYPES);
/** Nothing from elsewhere is loaded, and no other site gets to see or frame the page. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
/** The rendered reference holds its script and its style. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";

/** What counts most first. */
const STATES: readonly State[] = ['alert', 'stopped', 'warning', 'ended', 'done', 'skipped'];

/** Serves the page on a port of 127.0.0.1, or on a free one where that is taken. */
export async function startPage(subject: PageSubject, port: number) {
  const server = createServer((req, res) => {
    serve(subject, req, res).catch((error: unknown) => res.writeHead(500).end(String(error)));
  });
  const taken = await listenOn(server, port).catch(() => listenOn(server));
  return { url: `http://127.0.0.1:${taken}/`, stop: () => closeServer(server) };
}

async function serve(subject: PageSubject, req: IncomingMessage, res: ServerResponse): Promise<unknown> {
  res.setHeaders(new Map(Object.entries(HEADERS)));
  const answer = (status: number, body: object): unknown =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const refuse = (status: number, sentence: string): unknown =>
    res.writeHead(status, { 'content-type': 'text/plain' }).end(sentence);
  const serveFile = (path: string): unknown =>
    res.setHeader('content-type', TYPES[extname(path)] ?? '').end(readFileSync(path));
  const refused = refusal(req, (req.socket.address() as AddressInfo).port);
  if (refused !== undefined) return refuse(403, `Refused: ${refused}.`);
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://page');
  switch (`${req.method} ${pathname}`) {
    case 'POST /send':
      return sendChosen(subject, req).then(
        (result) => answer(200, result),
        (error: Error) => answer(400, { title: 'Not sent', meaning: error.message }),
      );
    case 'GET /events':
      return streamHops(subject, res);
    case 'GET /choices':
      return answer(200, choices(subject));
    case 'GET /details':
      return answer(200, details(searchParams.get('id') ?? '', subject.reader));
    case 'GET /docs':
    case 'GET /docs/':
      if (!existsSync(DOCS)) return refuse(404, 'The API reference is not built yet: npm run docs, then reload.');
      res.setHeader('content-security-policy', DOCS_POLICY);
      return serveFile(DOCS);
  }
  const file = pathname === '/' ? 'index.html' : pathname.slice(1);
  if (req.method !== 'GET' || !FILES.includes(file)) return refuse(404, 'Nothing here.');
  return serveFile(join(import.meta.dirname, file));
}

/**
 * Why a request may not be served, or undefined where it may. Any web page can have a browser send requests to
 * 127.0.0.1, and a page whose name is made to resolve to it could read the answers too.
 */
export function refusal({ method, headers }: IncomingMessage, port: number): string | undefined {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '', origin, 'sec-fetch-site': site, 'content-type': type } = headers;
  if (!own.includes(host)) return `this page is at http://${own[0]}/ only`;
  if (method === 'GET') return undefined;
  if (origin !== undefined && origin !== `http://${host}`) return 'requests of other sites are refused';
  if (site !== undefined && site !== 'same-origin') return 'requests of other sites are refused';
  // A form of another site cannot send this type, whatever its browser leaves out.
  if (type !== 'application/json') return 'only application/json is accepted';
  return undefined;
}

/**
 * Server-sent events: the latest hops (`message`), the end of these (`replayed`), then each hop as
 * it happens; each with its explanation and how its event stands.
 */
function streamHops({ eventLog, redriveAdvice }: PageSubject, res: ServerResponse): void {
  const send = (hop: Hop, ofEvent: readonly Hop[] = []): void => {
    const ranked = currentHops(ofEvent).toSorted((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    const states = [...new Set(ranked.map(({ state }) => state))];
    const shown = { ...hop, why: explain(hop, redriveAdvice), states, verdict: ranked[0]?.text };
    res.write(`data: ${JSON.stringify(shown)}\n\n`);
  };
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  // A comment, so that the page learns at once that it is connected.
  res.write(':\n\n');
  const events = Map.groupBy(eventLog.latest, ({ event }) => event);
  for (const hop of eventLog.latest) send(hop, events.get(hop.event));
  res.write('event: replayed\ndata:\n\n');
  const sendLive = (hop: Hop): void => {
    const ofEvent = eventLog.latest.filter(({ event }) => event === hop.event);
    send(hop, ofEvent);
  };
  eventLog.on('hop', sendLive);
  res.once('close', () => eventLog.off('hop', sendLive));
}

/** What the selects of the form offer, as value and text, and the commands that do and tell the same. */
function choices({ folder }: PageSubject): object {
  const events = eventTypes().filter((type) => type !== INCIDENT_UPDATED);
  const leads = Object.entries(LEADS).map(([name, { what }]) => [name, `${name}: ${what}`]);
  const faults = Object.entries(FAULTS).map(([name, { status, what }]) => [name, `${name}: ${what} (${status})`]);
  return {
    commands: { send: sendCommand(folder), story: storyCommand('WEBHOOK_ID', folder) },
    selects: {
      event: [['', 'the incident update'], ...events.map((type) => [type, type])],
      status: STATUSES.map((status) => [status, status]),
      lead: [['', "the example's own"], ...leads],
      fault: [['', 'none'], ...faults],
    },
  };
}

/** The body of the latest request under a webhook id, and the latest message made of it: title and text, for people. */
function details(webhookId: string, { requests, messages }: HopReader): (readonly [title: string, text: string])[] {
  const request = requests.get(webhookId);
  const message = messages.get(webhookId);
  const body = Buffer.from(request?.body ?? '', 'base64');
  const title = `Body, ${body.length} bytes${request?.complete ? '' : ', incomplete'}`;
  const attributes = readable(JSON.stringify(message?.attributes ?? {}));
  return [
    request
      ? [title, readable(body.toString()) || '(empty)']
      : ['Body', 'Not kept: only those of the latest events are.'],
    message
      ? [`Message ${message.messageId} on the topic`, `attributes ${attributes}\ndata ${readable(`${message.data}`)}`]
      : ['Message on the topic', 'None was published.'],
  ];
}

/** Indented where it is JSON. */
function readable(text: string): string {
  let lines = text;
  try {
    lines = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Another text.
  }
  return lines.split('\n').map(escapeControls).join('\n');
}
