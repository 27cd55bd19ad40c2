import { randomBytes } from 'node:crypto';
import { deliver } from '../../events/deliver.ts';
import { newWebhookId, signedRequest } from '../../events/signed-request.ts';
import { WEBHOOK_PATH } from '../deployment.ts';
import { CheckFailed, type Passed } from '../report.ts';
import type { DeployedFunction } from './functions.ts';
import type { UsableVersion } from './secret.ts';

/** Svix's own test message: verified like any other, and never published. */
const TEST_MESSAGE = Buffer.from('{"success":true}');

/** That a test message signed with the newest version is accepted. Returns its webhook id, to find its line by. */
export async function checkSigned(
  webhook: DeployedFunction,
  { number, secret }: UsableVersion,
): Promise<Passed<string>> {
  const webhookId = newWebhookId();
  const { status, durationMs } = await send(webhook, webhookId, secret);
  if (status !== 204) {
    throw new CheckFailed(
      `a test message signed with version ${number} was answered ${status}, expected 204`,
      status === 401
        ? 'A version that was just added works after 30 s at most; run this again.'
        : 'Read why: terraform/runbooks/not_answered.md.',
    );
  }
  return { says: `signed with version ${number}: 204 after ${durationMs} ms`, value: webhookId };
}

/** That nobody without the secret is let in. Returns the webhook id. */
export async function checkForged(webhook: DeployedFunction): Promise<Passed<string>> {
  const webhookId = newWebhookId();
  const { status } = await send(webhook, webhookId, `whsec_${randomBytes(24).toString('base64')}`);
  if (status !== 401) {
    throw new CheckFailed(
      `a forged message was answered ${status}, expected 401`,
      status === 503
        ? 'A version could not be read: terraform/runbooks/webhook_secret_version.md.'
        : 'Roll back at once (terraform/operations.md).',
    );
  }
  return { says: 'signed with another secret: 401', value: webhookId };
}

async function send({ url }: DeployedFunction, webhookId: string, secret: string) {
  const request = signedRequest({ url: new URL(WEBHOOK_PATH, url), secret, webhookId, body: TEST_MESSAGE });
  try {
    return await deliver(request);
  } catch (error) {
    throw new CheckFailed(
      (error as Error).message,
      'Is allUsers allowed to call it? terraform/operations.md, "When allUsers is refused".',
    );
  }
}
