import { LIMITS } from '../../functions/incident-webhook/app.ts';
import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { Refusal, type RefusalReason } from '../../functions/incident-webhook/outcomes.ts';
import { literalKeys } from '../../functions/incident-webhook/signing-keys.ts';
import { createVerifier } from '../../functions/incident-webhook/verifier.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import type { RawRequest } from './mutate.ts';

/** Judges a request with the verifier that the function uses. Rejects with whatever is not a Refusal: a bug. */
export type Judge = (request: RawRequest) => Promise<RefusalReason | 'accepted'>;

/** @param nowSeconds Unix seconds. */
export function createJudge(secrets: readonly string[], nowSeconds: number): Judge {
  const verify = createVerifier(literalKeys(secrets), () => nowSeconds * 1000);
  const deadline = deadlineAfter(LIMITS.answerMs);
  return ({ rawHeaders, body }) => verify(rawHeaders, body, deadline).then(() => 'accepted', reasonOf);
}

/** Reads bytes as the handler reads an authentic body. Throws whatever is not a Refusal: a bug. */
export function readingOf(body: Buffer): RefusalReason | 'accepted' {
  try {
    readIncident(body.toString('utf8'), { webhookId: 'msg_1', receivedAt: new Date(0) });
    return 'accepted';
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof Refusal) return error.reason;
  throw error;
}
