import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { NODE_OPTIONS } from '../services/functions/function-process.ts';
import type { Backends } from './backends.ts';
import { type PinnedProcess, type Program, startPinned } from './pinned-process.ts';
import { pushRequest, type Request, signedRequest } from './requests.ts';
import { post } from './send.ts';

/** Something to measure: how it is started, and what it answers with 204. */
export interface Subject {
  readonly name: string;
  readonly program: Program;
  readonly path: string;
  readonly request: () => Request;
}

/** The reference that everything is a ratio to. */
export const NO_OP = 'empty function';
export const BARE = 'bare node:http';
export const WEBHOOK = 'webhook, secret literal';
export const WEBHOOK_STORED = 'webhook, Secret Manager';
export const LEAD = 'lead, with look-up';

/** As Terraform deploys them; there is no metadata server to look for here. */
const COMMON = { NODE_OPTIONS, METADATA_SERVER_DETECTION: 'none' };

const NO_OP_SOURCE = `require('@google-cloud/functions-framework').http('noOp', (req, res) => { res.status(204).send(); });\n`;

const BARE_SOURCE = `
const http = require('node:http');
const { createHmac, timingSafeEqual } = require('node:crypto');
const key = Buffer.from(process.env.SECRET.slice(6), 'base64');
http.createServer((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    const body = Buffer.concat(chunks);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given } = req.headers;
    const made = 'v1,' + createHmac('sha256', key).update(id + '.' + at + '.').update(body).digest('base64');
    const ok = made.length === given.length && timingSafeEqual(Buffer.from(made), Buffer.from(given)) && JSON.parse(body);
    res.writeHead(ok ? 204 : 401).end();
  });
}).listen(Number(process.env.PORT));
`;

/**
 * A function that does nothing on the same framework, and a server without one that checks the same
 * signature and parses the same body: the least and the limit.
 * @param folder for their sources; below the repository, so that they find functions-framework
 */
export function references(folder: string, { secret }: Backends): Subject[] {
  const program = (name: string, source: string): string => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'index.js'), source);
    writeFileSync(join(path, 'package.json'), JSON.stringify({ main: 'index.js', type: 'commonjs' }));
    return path;
  };
  return [
    {
      name: NO_OP,
      program: { folder: program('no-op', NO_OP_SOURCE), target: 'noOp', env: {} },
      path: '/',
      request: signedRequest,
    },
    {
      name: BARE,
      program: { folder: program('bare', BARE_SOURCE), env: { SECRET: secret } },
      path: '/',
      request: signedRequest,
    },
  ];
}

/** incident-webhook under signed events. */
export function webhook(name: string, folder: string, env: Record<string, string>): Subject {
  const program = { folder, target: 'incidentWebhook', env: { ...COMMON, ...env } };
  return { name, program, path: PATH, request: signedRequest };
}

/** incident-lead under pushes that need a look-up. */
export function lead(name: string, folder: string, env: Record<string, string>): Subject {
  return {
    name,
    program: { folder, target: 'incidentLead', env: { ...COMMON, ...env } },
    path: '/',
    request: pushRequest,
  };
}

/**
 * The two functions, the webhook with each source of its secret.
 * @param folders of incident-webhook and incident-lead, as `deploy()` returns them
 */
export function functions(folders: readonly string[], backends: Backends): Subject[] {
  const [webhookFolder = '', leadFolder = ''] = folders;
  const topic = { INCIDENT_EVENTS_TOPIC: backends.topic, PUBSUB_EMULATOR_HOST: backends.pubsubHost };
  return [
    webhook(WEBHOOK, webhookFolder, { ...topic, INCIDENT_WEBHOOK_SECRET: backends.secret }),
    webhook(WEBHOOK_STORED, webhookFolder, {
      ...topic,
      INCIDENT_WEBHOOK_SECRET: backends.secretName,
      SECRET_MANAGER_EMULATOR_HOST: backends.secretManagerHost,
    }),
    lead(LEAD, leadFolder, { DATABASE_URL: backends.databaseUrl }),
  ];
}

/** A subject's process that has given its first true answer. */
export interface Running extends PinnedProcess {
  readonly url: string;
  /** From the start of the process to its first 204, in milliseconds: on the clock, and of CPU time. */
  readonly start: { readonly wallMs: number; readonly cpuMs: number };
}

/**
 * Starts a subject and asks without a pause until its port is open, as Cloud Run's proxy does, and
 * then for one answer.
 */
export async function start({ name, program, path, request }: Subject): Promise<Running> {
  const startedAt = performance.now();
  const running = await startPinned(program);
  const url = running.origin + path;
  for (;;) {
    const outcome = await post(url, request());
    if (outcome === 204) break;
    if (outcome !== 'ECONNREFUSED' || running.child.exitCode !== null) {
      await running.stop();
      throw new Error([`${name} answered its first request with ${outcome}`, ...running.errors].join('\n'));
    }
    await sleep(1);
  }
  return { ...running, url, start: { wallMs: performance.now() - startedAt, cpuMs: running.cpuMs() } };
}
