import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { INCIDENT_UPDATED } from '../../../functions/incident-webhook/webhook-body.ts';
import { eventTypes, FAULTS, LEADS, STATUSES } from '../../events/catalogue.ts';
import { sendCommand, storyCommand } from '../timeline/commands.ts';
import { answer } from './answer.ts';
import { detailsOf } from './details.ts';
import { streamHops } from './hop-stream.ts';
import { refusal } from './same-site.ts';
import { sendChosen } from './send-chosen.ts';
import type { PageSubject } from './subject.ts';

/** Where to listen; `orAnother` takes a free port where this one is taken. */
export interface PagePort {
  readonly port: number;
  readonly orAnother: boolean;
}

const DOCS = join(import.meta.dirname, '..', '..', '..', 'dist', 'docs', 'index.html');
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/cards.css': ['cards.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/cards.js': ['cards.js', 'text/javascript; charset=utf-8'],
  '/elements.js': ['elements.js', 'text/javascript; charset=utf-8'],
  '/hop.js': ['hop.js', 'text/javascript; charset=utf-8'],
};
/** The rendered reference holds its script and its style. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";
const MAX_FORM_BYTES = 4_096;

/** Serves the page on 127.0.0.1. */
export async function startPage(
  subject: PageSubject,
  { port, orAnother }: PagePort,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    serve(subject, (server.address() as AddressInfo).port, req, res).catch((error: unknown) =>
      answer(res, 500, 'text/plain', String(error)),
    );
  });
  const listen = async (at: number): Promise<unknown> => {
    server.listen(at, '127.0.0.1');
    return once(server, 'listening');
  };
  await listen(port).catch((error: NodeJS.ErrnoException) => {
    if (orAnother && error.code === 'EADDRINUSE') return listen(0);
    throw new Error(`port ${port} for the page is not available (${error.code}): choose another one with --page-port.`);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(subject: PageSubject, port: number, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const refused = refusal(req, port);
  if (refused !== undefined) return answer(res, 403, 'text/plain', `Refused: ${refused}.`);
  const { pathname: path = '', searchParams } = URL.parse(req.url ?? '', 'http://page') ?? {};
  const route = `${req.method} ${path}`;
  if (route === 'POST /send') return send(subject, req, res);
  if (route === 'GET /events') return streamHops(subject, res);
  if (route === 'GET /choices') return answer(res, 200, 'application/json', JSON.stringify(choices(subject)));
  if (route === 'GET /details') {
    const details = detailsOf(searchParams?.get('id') ?? '', subject.requests, subject.eventLog);
    return answer(res, 200, 'application/json', JSON.stringify(details));
  }
  if (route === 'GET /docs' || route === 'GET /docs/') return docs(res);
  const [file, type] = FILES[path] ?? [];
  if (req.method !== 'GET' || file === undefined || type === undefined)
    return answer(res, 404, 'text/plain', 'Nothing here.');
  answer(res, 200, type, readFileSync(join(import.meta.dirname, file)));
}

/** What the form offers, and the commands that do and tell the same. */
function choices({ folder }: PageSubject): object {
  return {
    commands: { send: sendCommand(folder), story: storyCommand('WEBHOOK_ID', folder) },
    events: eventTypes().filter((type) => type !== INCIDENT_UPDATED),
    statuses: STATUSES,
    leads: LEADS,
    faults: Object.fromEntries(Object.entries(FAULTS).map(([name, { status, what }]) => [name, `${what} (${status})`])),
  };
}

async function send(subject: PageSubject, req: IncomingMessage, res: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of req.setEncoding('utf8')) {
    text += part;
    if (text.length > MAX_FORM_BYTES) return answer(res, 413, 'text/plain', 'Too large.');
  }
  try {
    const result = await sendChosen(subject, JSON.parse(text) as Record<string, unknown>);
    answer(res, 200, 'application/json', JSON.stringify(result));
  } catch (error) {
    const result = { title: 'Not sent', meaning: (error as Error).message };
    answer(res, 400, 'application/json', JSON.stringify(result));
  }
}

function docs(res: ServerResponse): void {
  if (existsSync(DOCS)) answer(res, 200, 'text/html; charset=utf-8', readFileSync(DOCS), DOCS_POLICY);
  else answer(res, 404, 'text/plain', 'The API reference is not built yet: npm run docs, then reload.');
}
