import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { build } from '../../tools/build/build.ts';
import { incidentEvent, pushBody } from '../../tools/events/push.ts';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { startFunction } from '../../tools/services/functions/function-process.ts';
import { type GoogleCloud, startGoogleCloud } from '../../tools/services/google-cloud/google-apis.ts';
import { TOKEN } from '../../tools/services/google-cloud/google-network.ts';
import { temporaryFolder } from './temporary-folder.ts';

const UPDATE = JSON.stringify({
  event_type: 'public_incident.incident_updated_v2',
  'public_incident.incident_updated_v2': { id: '01INCIDENT', incident_status: { category: 'learning' } },
});

/** After the end of any fault (contract). */
const RECOVERY_MS = 25_000;
const LIST = '/google.cloud.secretmanager.v1.SecretManagerService/ListSecretVersions';
const ACCESS = '/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion';
const PUBLISH = '/google.pubsub.v1.Publisher/Publish';

describe('the bundles, configured as in production', () => {
  let folder: string;
  let cloud: GoogleCloud;
  let stop: (() => Promise<void>) | undefined;
  const lines: string[] = [];

  beforeAll(async () => {
    folder = temporaryFolder();
    await build({ out: folder });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    cloud = await startGoogleCloud();
    lines.length = 0;
  });
  afterEach(async () => {
    await stop?.();
    stop = undefined;
    await cloud.close();
  });

  async function start(name: 'incident-webhook' | 'incident-lead', env: Record<string, string>): Promise<string> {
    const running = await startFunction({
      folder: join(folder, name),
      target: name === 'incident-webhook' ? 'incidentWebhook' : 'incidentLead',
      port: await freePort(),
      env: { K_SERVICE: name, K_REVISION: '1', ...cloud.env, ...env },
      onLine: (line) => lines.push(line),
    });
    stop = running.stop;
    return running.url;
  }

  const startWebhook = (env: Record<string, string> = {}): Promise<string> =>
    start('incident-webhook', {
      INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
      INCIDENT_EVENTS_TOPIC: 'projects/p/topics/incident-events',
      ...env,
    });

  async function send(url: string): Promise<number> {
    const response = await fetch(`${url}/webhooks/incident/lead`, {
      method: 'POST',
      headers: sign(UPDATE),
      body: UPDATE,
    });
    await response.arrayBuffer();
    return response.status;
  }

  it('read the secret and publish over TLS with a token of the metadata server', async () => {
    expect(await send(await startWebhook())).toBe(204);
    const authorization = `Bearer ${TOKEN}`;
    expect(cloud.arrivals).toEqual([
      { host: 'secretmanager.googleapis.com', path: LIST, authorization },
      { host: 'secretmanager.googleapis.com', path: ACCESS, authorization },
      { host: 'pubsub.googleapis.com', path: PUBLISH, authorization },
    ]);
  });

  it('sign their own tokens where credentials are in a file', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const file = join(folder, 'credentials.json');
    const credentials = {
      type: 'service_account',
      project_id: 'p',
      private_key_id: 'k',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: 'incident-webhook@p.iam.gserviceaccount.com',
    };
    writeFileSync(file, JSON.stringify(credentials));
    expect(await send(await startWebhook({ GOOGLE_APPLICATION_CREDENTIALS: file }))).toBe(204);
    const publish = cloud.arrivals.find(({ path }) => path === PUBLISH);
    const [, claims = ''] = publish?.authorization.split('.') ?? [];
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: credentials.client_email,
      aud: 'https://pubsub.googleapis.com/',
    });
  });

  it('try again what failed in passing, and decode the details of what failed for good', async () => {
    const url = await startWebhook();
    cloud.publishErrors.push({ code: 14, details: 'come back' });
    expect(await send(url)).toBe(204);
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', statusDetails());
    cloud.publishErrors.push({ code: 7, details: 'no', metadata });
    expect(await send(url)).toBe(503);
    expect(cloud.arrivals.filter(({ path }) => path === PUBLISH)).toHaveLength(3);
    expect(lines.join('\n')).toContain('Pub/Sub: PERMISSION_DENIED');
    expect(lines.join('\n')).not.toContain('not in this bundle');
  });

  it.each([
    ['the secret', {}],
    ['Pub/Sub', { INCIDENT_WEBHOOK_SECRET: SECRET }],
  ])(
    'recover, without a restart, from a metadata server that left a token for %s unanswered',
    async (_name, env) => {
      const { answerToken } = cloud;
      cloud.answerToken = () => {};
      const url = await startWebhook(env);
      expect(await send(url)).toBe(503);
      cloud.answerToken = answerToken;
      const until = performance.now() + RECOVERY_MS;
      let status = await send(url);
      while (status !== 204 && performance.now() < until) status = await send(url);
      expect(status).toBe(204);
    },
    60_000,
  );

  it('look a Cloud SQL instance up with a token of the metadata server', async () => {
    const url = await start('incident-lead', {
      CLOUD_SQL_INSTANCE: 'p:europe-west1:directory',
      DB_USER: 'incident-lead@p.iam',
      DB_NAME: 'directory',
    });
    const body = pushBody(incidentEvent());
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(response.status).toBe(503);
    expect(cloud.arrivals[0]).toEqual({
      host: 'sqladmin.googleapis.com',
      path: expect.stringContaining('/sql/v1beta4/projects/p/instances/directory/connectSettings'),
      authorization: `Bearer ${TOKEN}`,
    });
    expect(lines.join('\n')).not.toContain('not in this bundle');
  });
});

/**
 * A `google.rpc.Status` of code 7 with one `google.rpc.ErrorInfo` whose reason is `DENIED`, in
 * protobuf's wire format.
 */
function statusDetails(): Buffer {
  const field = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
  const info = field(1, Buffer.from('DENIED'));
  const any = Buffer.concat([field(1, Buffer.from('type.googleapis.com/google.rpc.ErrorInfo')), field(2, info)]);
  return Buffer.concat([Buffer.from([8, 7]), field(2, Buffer.from('no')), field(3, any)]);
}
