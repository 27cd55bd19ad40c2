import { FAULTS, isFault } from '../../events/catalogue.ts';
import { deliver, type SendResponse } from '../../events/deliver.ts';
import { ACCEPTED, meaningOf } from '../../events/meaning.ts';
import { requestBody } from '../../events/request-body.ts';
import { newWebhookId, signedRequest } from '../../events/signed-request.ts';
import { awaitHops, conclusions } from '../timeline/timeline.ts';
import type { CapturedRequests } from './captured-requests.ts';
import type { PageSubject } from './subject.ts';

/** For the webhook's line, which it writes as it answers. */
const LINE_TIMEOUT_MS = 2_000;

/** What the page shows about the answer. */
export interface SendResult {
  readonly title: string;
  readonly meaning: string;
  /** Undefined where nothing was sent. */
  readonly webhookId?: string;
}

/** Texts from the form; what is empty or no text is missing. */
type Chosen = Readonly<Record<string, string | undefined>>;

/**
 * Signs and sends what somebody chose in the form: `event`, `status`, `lead`, `incident` and
 * `fault`, as `npm run send` takes them, and `webhookId`; or, with `again`, the body that came last
 * under that webhook id.
 * @throws Error with a sentence for the page, where nothing was sent or nothing answered.
 */
export async function sendChosen(subject: PageSubject, form: Readonly<Record<string, unknown>>): Promise<SendResult> {
  const chosen: Chosen = Object.fromEntries(
    Object.entries(form).filter((field): field is [string, string] => typeof field[1] === 'string' && field[1] !== ''),
  );
  const { again, fault } = chosen;
  if (fault !== undefined && !isFault(fault)) throw new Error(`there is no fault "${fault}".`);
  const webhookId = again ?? chosen['webhookId'] ?? newWebhookId();
  const request = signedRequest({
    url: new URL(subject.webhookUrl),
    secret: await subject.secret(),
    webhookId,
    body: again === undefined ? chosenBody(chosen, fault) : sameBody(subject.requests, again),
    fault,
  });
  const since = new Date();
  const answer = await deliver(request);
  const expected = fault === undefined || FAULTS[fault].status === answer.status;
  return {
    title: `${answer.status} for ${webhookId}${expected ? '' : `, expected ${FAULTS[fault].status}`}`,
    meaning: await explainAnswer(answer, subject.eventLog.file, webhookId, since),
    webhookId,
  };
}

function chosenBody({ event, status, lead, incident }: Chosen, fault: Parameters<typeof requestBody>[0]['fault']) {
  return requestBody({ event, status, lead, incident, fault });
}

function sameBody(requests: CapturedRequests, webhookId: string): Buffer {
  const request = requests.get(webhookId);
  if (request === undefined) throw new Error(`the body of ${webhookId} is not kept any longer.`);
  if (!request.complete) throw new Error(`the body of ${webhookId} was not kept in full, so it cannot be sent again.`);
  return Buffer.from(request.body, 'base64');
}

/** The status of a refusal stands for several reasons; the log line names the one. */
async function explainAnswer(
  { status }: SendResponse,
  logFile: string,
  webhookId: string,
  since: Date,
): Promise<string> {
  if (status >= 200 && status < 300) return ACCEPTED;
  const hops = await awaitHops(logFile, webhookId, since, LINE_TIMEOUT_MS);
  return conclusions(hops).join(' ') || meaningOf(status);
}
