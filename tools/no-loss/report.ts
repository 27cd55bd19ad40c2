import { POISON } from './event-plan.ts';
import type { RunReport } from './run.ts';

/** A run as a table for people: what was injected where, what was survived, what was sent and what came of it. */
export function describeRun({ ledger, faults, scheduler, options, ...report }: RunReport): string {
  const { lost, violations, visible, redriven } = report;
  const messages = [...ledger.messages.values()];
  const events = [...ledger.events.values()];
  const injected = [...faults.injected.values()]
    .filter(({ place, count }) => place !== 'forgery' && count > 0)
    .sort((a, b) => a.place.localeCompare(b.place) || b.count - a.count);
  const steps = [...faults.steps].map(([place, count]) => `${place} ${count}`).join(', ');
  const answers = [...ledger.forgeryAnswers].map(([answer, count]) => `${answer}: ${count}`).join(', ');
  const mostAttempts = Math.max(0, ...events.map(({ accepted, attempts }) => (accepted ? attempts : 0)));
  /** Visible lines with several of something. */
  const withSeveral = (thing: 'insertId' | 'messageId'): number =>
    [...visible.values()].filter((lines) => new Set(lines.map((line) => line[thing])).size > 1).length;
  const lostOf = (ids: ReadonlySet<string>): number => [...ids].filter((id) => lost.has(id)).length;
  const [hours, seconds] = [scheduler.now() / 3_600_000, report.seconds].map((time) => time.toFixed(1));
  return [
    `No-loss run, seed ${options.seed}: ${events.length} events, ${seconds} s for ${hours} h of virtual time`,
    '',
    table([
      ['where', 'fault', 'injected', 'survived'],
      ...injected.map(({ place, kind, count, webhookIds }) => [place, kind, count, count - lostOf(webhookIds)]),
    ]),
    '',
    table([
      ['', 'count'],
      ['steps at which a fault could be injected', steps],
      ['crashes of a function in this process', ledger.crashes],
      ['events sent', events.length],
      ['attempts to send them', events.reduce((sum, { attempts }) => sum + attempts, 0)],
      ['most attempts for one event that was accepted', mostAttempts],
      ['events replayed by hand, their eight attempts used up', events.filter(({ attempts }) => attempts > 8).length],
      ['messages published (events twice or more often included)', messages.length],
      ['poison messages among them', messages.filter(({ attributes }) => attributes[POISON] !== undefined).length],
      ['deliveries to the subscriber', ledger.deliveries.size],
      ['messages redriven from the dead letters', redriven],
      ['lines "... is now incident lead ..."', visible.size],
      ['of these, with more than one insertId', withSeveral('insertId')],
      ['of these, published and written more than once, at several times', withSeveral('messageId')],
      ['forgeries sent', [...ledger.forgeryAnswers.values()].reduce((sum, count) => sum + count, 0)],
      ['answers to them', answers],
      ['latest answer, in milliseconds after the work on it had to stop', Math.round(ledger.latestMs)],
      ['kinds of faults that were not met', faults.notMet().join(', ') || 0],
      ['events lost', lost.size],
      ['violations', violations.length],
    ]),
    ...violations.slice(0, 20).map((violation) => `  ${violation}`),
  ].join('\n');
}

/** Numbers to the right, words to the left. */
function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length))) ?? [];
  const padded = (cell: string | number, column: number): string =>
    typeof cell === 'number' ? String(cell).padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}
