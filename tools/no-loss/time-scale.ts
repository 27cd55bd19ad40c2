import { LIMITS as LEAD, type LeadLimits } from '../../functions/incident-lead/app.ts';
import { LIMITS as WEBHOOK, type WebhookLimits } from '../../functions/incident-webhook/app.ts';

/** The functions' own time limits and the sender's, in milliseconds of the clock a run uses. */
export interface TimeLimits {
  readonly webhook: WebhookLimits;
  readonly lead: LeadLimits;
  /** When work on a request stops, and when its answer is late. */
  readonly budgetMs: number;
  readonly answerMs: number;
  /** Svix gives up. */
  readonly senderMs: number;
}

/** When an answer is due (contract), and when Svix gives up. */
const ANSWER_MS = 8_000;
const SENDER_MS = 15_000;
/**
 * Between the end of the work and the latest answer. Computing takes as long at any scale, so this
 * is never compressed.
 */
const ROOM_MS = ANSWER_MS - WEBHOOK.answerMs;

/**
 * Everything that is waited for, times `scale`; 1 is production.
 * @param answerMs when an answer is late, where that is not to be compressed.
 */
export function timeLimits(scale: number, answerMs: number = WEBHOOK.answerMs * scale + ROOM_MS): TimeLimits {
  return {
    webhook: scaled(WEBHOOK, scale),
    lead: scaled(LEAD, scale),
    budgetMs: WEBHOOK.answerMs * scale,
    answerMs,
    senderMs: Math.max(SENDER_MS * scale, answerMs) + ROOM_MS,
  };
}

function scaled<Limits extends object>(limits: Limits, scale: number): Limits {
  const entries = Object.entries(limits).map(([name, value]) => [
    name,
    typeof value === 'number' ? value * scale : scaled(value, scale),
  ]);
  return Object.fromEntries(entries) as Limits;
}
