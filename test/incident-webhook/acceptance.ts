import { Refusal } from '../../functions/incident-webhook/outcomes.ts';
import { SECRET } from '../../tools/events/sign.ts';
import { createJudge } from '../../tools/fuzz/verdict.ts';

/** Headers as Node hands them over: names and values in turn. */
export function raw(headers: Record<string, string>): string[] {
  return Object.entries(headers).flat();
}

/** What the verifier says of a request at the time of its own timestamp: `accepted`, or why not. */
export function judged(
  headers: readonly string[],
  body: string | Buffer,
  secrets: readonly string[] = [SECRET],
): Promise<string> {
  const index = headers.findIndex((name) => name.toLowerCase().endsWith('-timestamp'));
  const judge = createJudge(secrets, Number(headers[index + 1]));
  return judge({ rawHeaders: [...headers], body: Buffer.from(body) });
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
