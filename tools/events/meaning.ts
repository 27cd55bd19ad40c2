import { PATH } from '../../functions/incident-webhook/route.ts';

/** What a 2xx means where the hops are shown as well. */
export const ACCEPTED = 'Accepted: the event is authentic.';

/** What each status means for whoever sent the event. */
const MEANINGS: Readonly<Record<number, string>> = {
  204: `${ACCEPTED} Pub/Sub has it, unless it is of a kind that is ignored.`,
  400: 'Authentic, but not JSON (or truncated in transit). Correct the body; sending the same again does not help.',
  401: 'Not authenticated: secret, signature, age or one of the three headers is wrong; the log line says which. Compare the secret first.',
  403: 'Refused in front of the function: it must allow unauthenticated callers. Check the invoker grant.',
  404: `There is nothing at this path. Use exactly ${PATH}.`,
  405: 'Only POST is allowed.',
  408: 'The body was not complete within 5 s.',
  413: 'The body is larger than 1 MiB.',
  415: 'The body came with a Content-Encoding. It was not inflated; send it plain.',
  417: 'The request has an Expect header that cannot be met. Leave it out.',
  422: 'Authentic JSON that breaks the schema; the answer lists field and rule. Correct the body.',
  500: 'A bug; the log line has the stack. incident.io retries.',
  503: 'Not accepted for now: Pub/Sub, the secret or the configuration; the log line says which. incident.io retries.',
};

/** An HTTP status in words. */
export function meaningOf(status: number): string {
  if (status >= 300 && status < 400)
    return 'A redirect, which incident.io does not follow: this is not the function. Check the URL.';
  return MEANINGS[status] ?? 'Not an answer of the webhook function. Check the URL.';
}
