import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../../functions/incident-webhook/app.ts';
import { createPublisher } from '../../functions/incident-webhook/publish.ts';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { deploy } from '../build/deploy.ts';
import { SECRET } from '../events/sign.ts';
import { NODE_OPTIONS } from '../services/functions/function-process.ts';
import { startPostgres } from '../services/postgres/postgres.ts';
import { startSecretManagerServer } from '../services/secret-manager/secret-manager-server.ts';
import { startEmulator } from './emulator.ts';
import { leaveMeasuredCore, type Subject } from './process.ts';
import { pushRequest, signedRequest } from './requests.ts';

/** What every command measures, as it is deployed, with everything that it talks to on this machine. */
export type System = Awaited<ReturnType<typeof startSystem>>;

/** A function that does nothing on the same framework: the reference that everything is a ratio to. */
export const NO_OP = 'empty function';
/** A server without a framework that checks the same signature and parses the same body: the limit. */
export const BARE = 'bare node:http';
export const WEBHOOK = 'webhook, secret literal';
export const WEBHOOK_STORED = 'webhook, Secret Manager';
export const LEAD = 'lead, with look-up';

const TOPIC = 'projects/alan-eu-tools/topics/incident-events';
const SECRET_NAME = 'projects/alan-eu-tools/secrets/INCIDENT_WEBHOOK_SECRET';
const REFERENCES = join(import.meta.dirname, 'references');
const LOCAL = join(import.meta.dirname, '..', '..', '.local');
/** As Terraform deploys the functions; there is no metadata server to look for here. */
const COMMON = { NODE_OPTIONS, METADATA_SERVER_DETECTION: 'none' };

/** Starts everything, off the core that is measured on, where this process stays from now on. */
export async function startSystem() {
  await using starting = new AsyncDisposableStack();
  leaveMeasuredCore();
  const [webhookFolder = '', leadFolder = ''] = await deploy();
  mkdirSync(LOCAL, { recursive: true });
  const scratch = starting.adopt(mkdtempSync(join(LOCAL, 'bench-')), (path) => rmSync(path, { recursive: true }));
  const emulator = starting.adopt(await startEmulator(TOPIC), (each) => each.stop());
  const versions = [{ number: 1, state: 'ENABLED', data: SECRET } as const];
  const secretManager = await startSecretManagerServer({ secret: SECRET_NAME, versions });
  starting.defer(() => secretManager.close());
  const postgres = starting.adopt(await startPostgres(), (each) => each.stop());
  const { publish } = createPublisher(TOPIC, emulator.host, LIMITS.publish);
  const message = { data: Buffer.from('{}'), attributes: { schemaVersion: '1' } };

  const webhookEnv = { ...COMMON, INCIDENT_EVENTS_TOPIC: TOPIC, PUBSUB_EMULATOR_HOST: emulator.host };
  const literalEnv = { ...webhookEnv, INCIDENT_WEBHOOK_SECRET: SECRET };
  const stored = { INCIDENT_WEBHOOK_SECRET: SECRET_NAME, SECRET_MANAGER_EMULATOR_HOST: secretManager.host };
  const leadEnv = { ...COMMON, DATABASE_URL: postgres.readerUrl };
  const events = { path: PATH, request: signedRequest };
  const pushes = { path: '/', request: pushRequest };
  const deployed = { source: webhookFolder, target: 'incidentWebhook', ...events };
  const noOp: Subject = { name: NO_OP, source: join(REFERENCES, 'no-op.js'), target: 'noOp', env: {}, ...events };
  const bare: Subject = { name: BARE, source: join(REFERENCES, 'bare.js'), env: { SECRET }, ...events };
  const webhook: Subject = { name: WEBHOOK, env: literalEnv, ...deployed };
  const webhookStored: Subject = { name: WEBHOOK_STORED, env: { ...webhookEnv, ...stored }, ...deployed };
  const lead: Subject = { name: LEAD, source: leadFolder, target: 'incidentLead', env: leadEnv, ...pushes };
  const started = starting.move();
  return {
    noOp,
    bare,
    webhook,
    webhookStored,
    lead,
    /** A folder for copies, below the repository, so that they find its packages. */
    scratch,
    /** Of the database, as its owner. */
    ownerUrl: postgres.ownerUrl,
    /** Publishes one message as the webhook function does, without the function. */
    publishOnce: () => publish(message, deadlineAfter(LIMITS.answerMs)),
    /** Messages published so far. */
    published: emulator.published,
    /** Stops everything. */
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
