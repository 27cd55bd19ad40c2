import type { Ledger } from './ledger.ts';
import type { OnAnswer } from './post.ts';

/** A function without a deadline would otherwise fill the memory with its lateness. */
const MAX_NOTED = 1_000;

/**
 * Notes requests that were answered late or never, and how many milliseconds after its budget the
 * latest was answered.
 */
export function watchAnswers(ledger: Ledger): { onAnswer: OnAnswer; latest: () => number } {
  let latest = 0;
  return {
    latest: () => latest,
    onAnswer(answer, elapsedMs, { budgetMs, answerMs }, what) {
      if (ledger.violations.length >= MAX_NOTED) return;
      if (answer === 'timeout') ledger.violations.push(`${what} was not answered at all`);
      if (typeof answer !== 'number') return;
      latest = Math.max(latest, elapsedMs - budgetMs);
      if (elapsedMs <= answerMs) return;
      ledger.violations.push(`${what} was answered after ${Math.round(elapsedMs)} ms, later than ${answerMs} ms`);
    },
  };
}
