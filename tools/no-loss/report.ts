import type { RunReport } from './run.ts';

/** A run as a table for people: what was injected where, what was survived, what was sent and what came of it. */
export function describeRun(report: RunReport): string {
  const { ledger, tally, options, lost } = report;
  const events = [...ledger.events.values()];
  const sum = (of: (record: (typeof events)[number]) => number): number =>
    events.reduce((total, record) => total + of(record), 0);
  const attempts = sum(({ attempts: count }) => count);
  const visible = [...ledger.visible.values()];
  const rows: [string, string, number, number | string][] = [...tally.faults.values()]
    .filter(({ where }) => where !== 'forgery')
    .sort((a, b) => a.where.localeCompare(b.where) || b.count - a.count)
    .map(({ where, fault, count, struck }) => [
      where,
      fault,
      count,
      count - [...struck].filter((id) => lost.has(id)).length,
    ]);
  const steps = [...tally.steps].map(([where, count]) => `${where} ${count}`).join(', ');
  return [
    `No-loss run, seed ${options.seed}: ${events.length} events, ${report.seconds.toFixed(1)} s for ${report.virtualHours.toFixed(1)} h of virtual time`,
    '',
    table([['where', 'fault', 'injected', 'survived'], ...rows]),
    '',
    table([
      ['', 'count'],
      ['steps at which a fault could strike', steps],
      ['crashes of a function in this process', report.crashes],
      ['events sent', events.length],
      ['attempts to send them', attempts],
      [
        'most attempts for one event that was accepted',
        Math.max(0, ...events.map((r) => (r.accepted ? r.attempts : 0))),
      ],
      ['events replayed by hand, their eight attempts used up', events.filter(({ replays }) => replays > 0).length],
      ['messages published (events twice or more often included)', ledger.published.size],
      ['poison messages among them', ledger.poison.size],
      ['deliveries to the subscriber', ledger.deliveries.size],
      ['messages redriven from the dead letters', report.redriven],
      ['lines "... is now incident lead ..."', visible.length],
      ['of these, with more than one insertId', visible.filter(({ insertIds }) => insertIds.size > 1).length],
      [
        'of these, published and written more than once, at several times',
        visible.filter(({ timestamps }) => timestamps.size > 1).length,
      ],
      ['forgeries sent', ledger.forgeries],
      ['answers to them', [...ledger.forgeryAnswers].map(([answer, count]) => `${answer}: ${count}`).join(', ')],
      ['latest answer, in milliseconds after the work on it had to stop', Math.max(0, Math.round(report.latest))],
      ['kinds of faults that were not met', report.missingFaults.join(', ') || 0],
      ['events lost', lost.size],
      ['violations', report.violations.length],
    ]),
    ...report.violations.slice(0, 20).map((violation) => `  ${violation}`),
  ].join('\n');
}

function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          typeof cell === 'number' ? String(cell).padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
