import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'svix';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/incident.ts';
import { incidentEvent, pushBody } from '../events/push.ts';
import { type FunctionOptions, NODE_OPTIONS } from '../services/functions/function-process.ts';

/** Something to measure: how it is started, and the request that it answers with 204. */
export interface Subject {
  readonly name: string;
  readonly start: Omit<FunctionOptions, 'port'>;
  readonly path: string;
  readonly request: () => { readonly headers: Record<string, string>; readonly body: string };
}

/** What the subjects talk to. */
export interface Backends {
  readonly topic: string;
  readonly pubsubHost: string;
  readonly secretManagerHost: string;
  readonly secretName: string;
  readonly secret: string;
  readonly databaseUrl: string;
}

/** incident.io's own example, without white space. */
const BODY_BYTES = 4096;

const NO_OP = `require('@google-cloud/functions-framework').http('noOp', (req, res) => { res.status(204).send(); });\n`;

const BARE = `
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
 * The references and the two functions, the no-op function first: everything is a ratio to it.
 * @param folder for the references' sources; below the repository, so that they find functions-framework.
 * @param deployed the folders of incident-webhook and incident-lead, as `deploy()` returns them.
 */
export async function subjects(
  folder: string,
  [webhook = '', lead = '']: readonly string[],
  backends: Backends,
): Promise<Subject[]> {
  const noOp = await reference(folder, 'no-op', NO_OP);
  const bare = await reference(folder, 'bare', BARE);
  const body = incidentUpdate();
  const signed = () => ({ headers: signedHeaders(backends.secret, body), body });
  const push = pushBody(incidentEvent(), { deliveryAttempt: 1 });
  const pushed = () => ({ headers: { 'content-type': 'application/json' }, body: push });
  const webhookEnv = { NODE_OPTIONS, INCIDENT_EVENTS_TOPIC: backends.topic, PUBSUB_EMULATOR_HOST: backends.pubsubHost };
  const route = '/webhooks/incident/lead';
  return [
    { name: 'no-op function', start: { folder: noOp, target: 'noOp', env: {} }, path: '/', request: signed },
    {
      name: 'bare node:http',
      start: { folder: bare, target: '', env: { SECRET: backends.secret } },
      path: '/',
      request: signed,
    },
    {
      name: 'webhook, secret literal',
      start: {
        folder: webhook,
        target: 'incidentWebhook',
        env: { ...webhookEnv, INCIDENT_WEBHOOK_SECRET: backends.secret },
      },
      path: route,
      request: signed,
    },
    {
      name: 'webhook, Secret Manager',
      start: {
        folder: webhook,
        target: 'incidentWebhook',
        env: {
          ...webhookEnv,
          INCIDENT_WEBHOOK_SECRET: backends.secretName,
          SECRET_MANAGER_EMULATOR_HOST: backends.secretManagerHost,
        },
      },
      path: route,
      request: signed,
    },
    {
      name: 'lead, with look-up',
      start: {
        folder: lead,
        target: 'incidentLead',
        env: { NODE_OPTIONS, DATABASE_URL: backends.databaseUrl },
      },
      path: '/',
      request: pushed,
    },
  ];
}

async function reference(folder: string, name: string, source: string): Promise<string> {
  const path = await mkdtemp(join(folder, `${name}-`));
  await writeFile(join(path, 'index.js'), source);
  await writeFile(join(path, 'package.json'), JSON.stringify({ main: 'index.js', type: 'commonjs' }));
  return path;
}

function signedHeaders(secret: string, body: string): Record<string, string> {
  const at = new Date();
  const id = 'msg_bench';
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

function incidentUpdate(): string {
  const incident = {
    id: '01FDAG4SAP5TYPT98WGR2N7W91',
    reference: 'INC-123',
    incident_status: { category: 'learning' },
    incident_role_assignments: [
      { role: { role_type: 'lead' }, assignee: { id: '01FCNDV6P870EA6S7TK1DSYDG0', slack_user_id: 'U01LEAD' } },
    ],
    summary: '',
  };
  const padding = BODY_BYTES - JSON.stringify({ event_type: INCIDENT_UPDATED, [INCIDENT_UPDATED]: incident }).length;
  return JSON.stringify({
    event_type: INCIDENT_UPDATED,
    [INCIDENT_UPDATED]: { ...incident, summary: 'x'.repeat(padding) },
  });
}
