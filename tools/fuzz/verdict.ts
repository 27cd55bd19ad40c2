import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { type Reason, Refusal } from '../../functions/incident-webhook/outcomes.ts';
import {
  checkAge,
  isSignedBy,
  readSignatureHeaders,
  type SigningKey,
  textOf,
} from '../../functions/incident-webhook/verifier.ts';
import type { Mutated } from './mutate.ts';

/**
 * Judges a request as the handler does, up to its signature.
 * @throws whatever is thrown that is no Refusal: a bug.
 */
export function verdictOf(
  { rawHeaders, body }: Mutated,
  keys: readonly SigningKey[],
  nowSeconds: number,
): Reason | 'accepted' {
  return reasonOf(() => {
    const headers = readSignatureHeaders(rawHeaders);
    checkAge(headers, nowSeconds);
    if (!isSignedBy(keys, headers, textOf(body))) throw new Refusal('signature');
  });
}

/**
 * Reads bytes as the handler reads an authentic body.
 * @throws whatever is thrown that is no Refusal: a bug.
 */
export function readingOf(body: Buffer): Reason | 'accepted' {
  return reasonOf(() => readIncident(textOf(body), { webhookId: 'msg_1', at: new Date(0) }));
}

function reasonOf(work: () => unknown): Reason | 'accepted' {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}
