import { randomBytes } from 'node:crypto';
import { basename } from 'node:path/posix';
import { parseSigningSecret } from '../../../shared/signing-secret.ts';
import { deliver } from '../../events/deliver.ts';
import { newId } from '../../events/sign.ts';
import { signedRequest } from '../../events/signed-request.ts';
import type { Deployment } from '../deployment.ts';
import { CheckFailed, ensure } from '../report.ts';

/** What the other checks need to know of a function. */
export interface DeployedFunction {
  /** Address of its service, without a path. */
  readonly url: string;
  readonly timeoutSeconds: number;
}

const WEBHOOK_PATH = '/webhooks/incident/lead';
/** More are not read by the function. */
const MAX_VERSIONS = 12;
const ADD_VERSION = 'Add one: terraform -chdir=terraform output -raw add_secret_version_command prints how.';
/** Svix's own test message: verified like any other, and never published. */
const TEST_MESSAGE = Buffer.from('{"success":true}');

/** That a function is active, and reachable by those who are meant to reach it. */
export async function checkFunction(
  { google, project, region }: Deployment,
  name: string,
  ingress: 'ALLOW_ALL' | 'ALLOW_INTERNAL_ONLY',
) {
  const { state, serviceConfig: { uri: url, ingressSettings, timeoutSeconds = 60 } = {} } = await google<{
    state?: string;
    serviceConfig?: { uri?: string; ingressSettings?: string; timeoutSeconds?: number };
  }>(`cloudfunctions.googleapis.com/v2/projects/${project}/locations/${region}/functions/${name}`);
  ensure(
    state === 'ACTIVE' && url !== undefined,
    `the function is ${state ?? 'in an unknown state'}, expected ACTIVE`,
    `Read why: gcloud functions describe ${name} --gen2 --region=${region} --project=${project}. A build that failed is applied again.`,
  );
  ensure(
    ingressSettings === ingress,
    `its ingress is ${ingressSettings}, expected ${ingress}`,
    'terraform apply restores it.',
  );
  const reach = ingress === 'ALLOW_ALL' ? 'open to the internet' : 'internal only';
  return { says: `active at ${url}, ${reach}`, value: { url, timeoutSeconds } };
}

/** That every enabled version is a signing secret. Returns the newest. */
export async function checkSecret({ google, project, secret }: Deployment) {
  const versionsOf = `secretmanager.googleapis.com/v1/${secret}/versions`;
  const { versions = [] } = await google<{ versions?: { name: string }[] }>(
    `${versionsOf}?filter=${encodeURIComponent('state:ENABLED')}&pageSize=1000`,
  );
  const id = basename(secret);
  const numbers = versions.map(({ name }) => basename(name)).sort((a, b) => Number(b) - Number(a));
  ensure(numbers.length > 0, `${id} has no enabled version: every event is answered 503`, ADD_VERSION);
  const [used, unused] = [numbers.slice(0, MAX_VERSIONS), numbers.slice(MAX_VERSIONS)];
  const read = await Promise.all(
    used.map(async (number) => {
      const { payload } = await google<{ payload: { data: string } }>(`${versionsOf}/${number}:access`);
      return { number, secret: parseSigningSecret(Buffer.from(payload.data, 'base64').toString()) };
    }),
  );
  const [newest] = read.flatMap(({ number, secret }) => (secret === undefined ? [] : { number, secret }));
  ensure(newest, `no enabled version of ${id} is a signing secret (${numbers.join(', ')})`, ADD_VERSION);
  const unusable = read.filter((version) => version.secret === undefined).map(({ number }) => number);
  ensure(
    unusable.length === 0,
    `versions of ${id} that are not signing secrets (whsec_ and the base64 of 16 to 75 bytes): ${unusable.join(', ')}`,
    `Disable each: gcloud secrets versions disable N --secret=${id} --project=${project}`,
  );
  const warning = `Only the newest ${MAX_VERSIONS} are read. Disable those no longer used: ${unused.join(', ')}`;
  return {
    says: `enabled versions of ${id}, all usable: ${used.join(', ')}`,
    warning: unused.length > 0 ? warning : undefined,
    value: newest,
  };
}

/** That a test message signed with this version is accepted. Returns its webhook id, to find its line by. */
export async function checkSigned(webhook: DeployedFunction, { number, secret }: { number: string; secret: string }) {
  const { webhookId, status, durationMs } = await sendTestMessage(webhook, secret);
  ensure(
    status === 204,
    `a test message signed with version ${number} was answered ${status}, expected 204`,
    status === 401
      ? 'A version that was just added works after 30 s at most; run this again.'
      : 'Read why: terraform/runbooks/not_answered.md.',
  );
  return { says: `signed with version ${number}: 204 after ${durationMs} ms`, value: webhookId };
}

/** That nobody without the secret is let in. Returns the webhook id. */
export async function checkForged(webhook: DeployedFunction) {
  const { webhookId, status } = await sendTestMessage(webhook, `whsec_${randomBytes(24).toString('base64')}`);
  ensure(
    status === 401,
    `a forged message was answered ${status}, expected 401`,
    status === 503
      ? 'A version could not be read: terraform/runbooks/webhook_secret_version.md.'
      : 'Roll back at once (terraform/operations.md).',
  );
  return { says: 'signed with another secret: 401', value: webhookId };
}

async function sendTestMessage({ url }: DeployedFunction, secret: string) {
  const webhookId = newId();
  const request = signedRequest({ url: new URL(WEBHOOK_PATH, url), secret, webhookId, body: TEST_MESSAGE });
  const answer = await deliver(request).catch((error: Error) => {
    throw new CheckFailed(
      error.message,
      'Is allUsers allowed to call it? terraform/operations.md, "When allUsers is refused".',
    );
  });
  return { webhookId, ...answer };
}
