import { FAULTS, isFault } from '../../sample-event/catalogue.ts';
import { deliver } from '../../sample-event/deliver.ts';
import { meaningOf } from '../../sample-event/meaning.ts';
import { samplePayload } from '../../sample-event/payload.ts';
import { newWebhookId, signedRequest } from '../../sample-event/signed-request.ts';

/** What the form tells of the answer. */
export interface Told {
  readonly title: string;
  readonly meaning: string;
}

/**
 * Signs and sends what somebody chose in the form.
 * @param chosen any of `event`, `status`, `lead` and `fault`, as `npm run send` takes them.
 * @throws Error in words where that is no event, or the webhook gave no answer.
 */
export async function sendChosen(
  webhookUrl: string,
  secret: string,
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
  const answer = await deliver(signedRequest({ url: new URL(webhookUrl), secret, webhookId, body, fault }));
  const expected = fault === undefined || FAULTS[fault].status === answer.status;
  return {
    title: `${answer.status} for ${webhookId}${expected ? '' : `, expected ${FAULTS[fault].status}`}`,
    meaning: meaningOf(answer.status),
  };
}
