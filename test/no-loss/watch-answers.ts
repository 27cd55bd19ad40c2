import type { Ledger } from './ledger.ts';
import type { OnAnswer } from './post.ts';

/** A function without a deadline would otherwise fill the memory with its lateness. */
const MAX_NOTED = 1_000;

/** Notes requests that were answered late or never, and how late the latest was in parts of the time it had. */
export function watchAnswers(ledger: Ledger): { onAnswer: OnAnswer; latest: () => number } {
  let latest = 0;
  return {
    latest: () => latest,
    onAnswer(answer, elapsedMs, limitMs, what) {
      if (ledger.violations.length >= MAX_NOTED) return;
      if (answer === 'timeout') ledger.violations.push(`${what} was not answered at all`);
      if (typeof answer !== 'number') return;
      latest = Math.max(latest, elapsedMs / limitMs);
      if (elapsedMs <= limitMs) return;
      ledger.violations.push(`${what} was answered after ${Math.round(elapsedMs)} ms, later than ${limitMs} ms`);
    },
  };
}
