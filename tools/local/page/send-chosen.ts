import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { deliver } from '../../events/deliver.ts';
import { ACCEPTED, meaningOf } from '../../events/meaning.ts';
import { newId } from '../../events/sign.ts';
import { FAULTS, isFault, requestBody, signedRequest } from '../../events/signed-request.ts';
import { findSigningSecret } from '../../events/signing-secret.ts';
import type { RedriveAdvice } from '../timeline/commands.ts';
import { awaitHops, type EventLog } from '../timeline/event-log.ts';
import { conclusions } from '../timeline/explanation.ts';
import type { HopReader } from '../timeline/hop-reader.ts';

/** What the page shows, and where its form sends to. */
export interface PageSubject {
  readonly eventLog: EventLog;
  readonly reader: HopReader;
  readonly webhookUrl: string;
  /** Where the local system keeps its files. */
  readonly folder: string;
  readonly redriveAdvice: RedriveAdvice;
}

/** For the webhook's line, which it writes as it answers. */
const LINE_TIMEOUT_MS = 2_000;

/**
 * Signs and sends what somebody chose in the form: `event`, `status`, `lead`, `incident` and
 * `fault`, as in `npm run send`, and `webhookId`; or, with `again`, the body that came last
 * under that webhook id. What is empty is missing.
 * @returns what the page shows about the answer.
 * @throws Error with a sentence for the page, where nothing was sent or nothing answered.
 */
export async function sendChosen(subject: PageSubject, form: IncomingMessage): Promise<object> {
  const { webhookUrl, folder, redriveAdvice, reader } = subject;
  const fields = Object.entries((await json(form)) as Record<string, string>).filter(([, value]) => value !== '');
  const { again, webhookId = again ?? newId(), fault, ...sample }: Record<string, string> = Object.fromEntries(fields);
  if (fault !== undefined && !isFault(fault)) throw new Error(`there is no fault "${fault}".`);
  const url = new URL(webhookUrl);
  const secret = await findSigningSecret(url, folder);
  const body = again === undefined ? requestBody({ ...sample, fault }) : sameBody(reader, again);
  const request = signedRequest({ url, secret, webhookId, body, fault });
  const since = new Date();
  const { status } = await deliver(request);
  const accepted = status >= 200 && status < 300;
  // The status of a refusal stands for several reasons; the log line names the one.
  const hops = accepted ? [] : await awaitHops(folder, webhookId, since, LINE_TIMEOUT_MS);
  const reasons = conclusions(hops, redriveAdvice).join(' ');
  const expected = fault === undefined || FAULTS[fault].status === status ? '' : `, expected ${FAULTS[fault].status}`;
  return {
    title: `${status} for ${webhookId}${expected}`,
    meaning: accepted ? ACCEPTED : reasons || meaningOf(status),
    webhookId,
  };
}

function sameBody(reader: HopReader, webhookId: string): Buffer {
  const request = reader.requests.get(webhookId);
  if (request === undefined) throw new Error(`the body of ${webhookId} is not kept any longer.`);
  if (!request.complete) throw new Error(`the body of ${webhookId} was not kept in full, so it cannot be sent again.`);
  return Buffer.from(request.body, 'base64');
}
