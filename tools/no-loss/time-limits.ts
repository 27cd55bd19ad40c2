import { LIMITS as LEAD } from '../../functions/incident-lead/app.ts';
import { LIMITS as WEBHOOK } from '../../functions/incident-webhook/app.ts';

/** When an answer is due (contract). */
export const ANSWER_MS = 8_000;
const SVIX_TIMEOUT_MS = 15_000;
/** For computing, which takes as long at any scale. */
const ROOM_MS = ANSWER_MS - WEBHOOK.answerMs;

/** In milliseconds. */
export type TimeLimits = ReturnType<typeof timeLimits>;

/**
 * The functions' own time limits and their callers', times `scale`; 1 is production.
 * @param answerMs when an answer is late, which is not scaled.
 */
export function timeLimits(scale: number, answerMs: number) {
  const scaled = <Limits>(limits: Limits): Limits =>
    JSON.parse(JSON.stringify(limits), (_name, value) => (typeof value === 'number' ? value * scale : value));
  return {
    webhook: scaled(WEBHOOK),
    lead: scaled(LEAD),
    /** When work on a request stops. */
    budgetMs: WEBHOOK.answerMs * scale,
    /** When its answer is late. */
    answerMs,
    /** When the caller gives up. */
    callerMs: Math.max(SVIX_TIMEOUT_MS * scale, answerMs) + ROOM_MS,
  };
}
