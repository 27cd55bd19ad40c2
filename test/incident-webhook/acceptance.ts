import { Webhook } from 'svix';
import { Refusal } from '../../functions/incident-webhook/outcomes.ts';
import { isSignedBy, readSignatureHeaders, textOf } from '../../functions/incident-webhook/verifier.ts';
import { SECRET } from '../../tools/events/sign.ts';

/** What `sign` signs with by default. */
export const KEYS = [new Webhook(SECRET)];

/** Headers as Node hands them over: names and values in turn. */
export function raw(headers: Record<string, string>): string[] {
  return Object.entries(headers).flat();
}

/** Reads and verifies as the handler does, without the age. */
export function isAccepted(headers: readonly string[], body: string | Buffer, keys = KEYS): boolean {
  return isSignedBy(keys, readSignatureHeaders(headers), textOf(Buffer.from(body)));
}

/** The reason of the refusal that `work` throws, or `none`. */
export function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
  return 'none';
}
