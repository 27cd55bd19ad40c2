import { LIMITS as LEAD, type LeadLimits } from '../../functions/incident-lead/app.ts';
import { LIMITS as WEBHOOK, type WebhookLimits } from '../../functions/incident-webhook/app.ts';

/** The functions' own time limits and their callers', in milliseconds. */
export interface TimeLimits {
  readonly webhook: WebhookLimits;
  readonly lead: LeadLimits;
  /** When work on a request stops. */
  readonly budgetMs: number;
  /** When its answer is late. */
  readonly answerMs: number;
  /** When the caller gives up. */
  readonly callerMs: number;
}

/** When an answer is due (contract). */
export const ANSWER_MS = 8_000;
const SVIX_TIMEOUT_MS = 15_000;
/** For computing, which takes as long at any scale. */
const ROOM_MS = ANSWER_MS - WEBHOOK.answerMs;

/**
 * Everything that is waited for, times `scale`; 1 is production.
 * @param answerMs when an answer is late, which is not scaled.
 */
export function timeLimits(scale: number, answerMs: number): TimeLimits {
  return {
    webhook: scaled(WEBHOOK, scale),
    lead: scaled(LEAD, scale),
    budgetMs: WEBHOOK.answerMs * scale,
    answerMs,
    callerMs: Math.max(SVIX_TIMEOUT_MS * scale, answerMs) + ROOM_MS,
  };
}

function scaled<Limits extends object>(limits: Limits, scale: number): Limits {
  const entries = Object.entries(limits).map(([name, value]) => [
    name,
    typeof value === 'number' ? value * scale : scaled(value, scale),
  ]);
  return Object.fromEntries(entries) as Limits;
}
