import { FAULTS, isFault } from '../../events/catalogue.ts';
import { type Answer, deliver } from '../../events/deliver.ts';
import { ACCEPTED, meaningOf } from '../../events/meaning.ts';
import { samplePayload } from '../../events/payload.ts';
import { newWebhookId, signedRequest } from '../../events/signed-request.ts';
import { awaitTimeline, conclusions } from '../timeline/timeline.ts';

/** For the webhook's line, which it writes as it answers. */
const LINE_TIMEOUT_MS = 2_000;

/** What the form tells of the answer. */
export interface Told {
  readonly title: string;
  readonly meaning: string;
}

/**
 * Signs and sends what somebody chose in the form.
 * @param eventLogFile tells why the webhook refused it.
 * @param chosen any of `event`, `status`, `lead` and `fault`, as `npm run send` takes them.
 * @throws Error in words where that is no event, or the webhook gave no answer.
 */
export async function sendChosen(
  webhookUrl: string,
  secret: string,
  eventLogFile: string,
  chosen: Readonly<Record<string, unknown>>,
): Promise<Told> {
  const text = (name: string): string | undefined => {
    const value = chosen[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const fault = text('fault');
  if (fault !== undefined && !isFault(fault)) throw new Error(`there is no fault "${fault}".`);
  const body = Buffer.from(samplePayload({ event: text('event'), status: text('status'), lead: text('lead') }));
  const webhookId = newWebhookId();
  const since = new Date();
  const answer = await deliver(signedRequest({ url: new URL(webhookUrl), secret, webhookId, body, fault }));
  const expected = fault === undefined || FAULTS[fault].status === answer.status;
  return {
    title: `${answer.status} for ${webhookId}${expected ? '' : `, expected ${FAULTS[fault].status}`}`,
    meaning: await explainAnswer(answer, eventLogFile, webhookId, since),
  };
}

/** The status of a refusal stands for several reasons; the log line names the one. */
async function explainAnswer(
  { status }: Answer,
  eventLogFile: string,
  webhookId: string,
  since: Date,
): Promise<string> {
  if (status >= 200 && status < 300) return ACCEPTED;
  const { hops } = await awaitTimeline(eventLogFile, webhookId, since, LINE_TIMEOUT_MS);
  return conclusions(hops).join(' ') || meaningOf(status);
}
