import { dirname } from 'node:path';
import { build } from '../../tools/build/build.ts';
import { addDuplicateAlaners } from '../../tools/no-loss/duplicate-alaners.ts';
import type { Severity } from '../../tools/no-loss/fault-injector.ts';
import { MUTANTS, mutate } from '../../tools/no-loss/mutants.ts';
import { describeRun } from '../../tools/no-loss/report.ts';
import { run } from '../../tools/no-loss/run.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';

let postgres: LocalPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
  await addDuplicateAlaners(postgres);
});
afterAll(() => postgres.stop());

it('loses none of 2,000 events, and lets no forgery through, while everything around fails', async () => {
  const [folder = ''] = await build();
  // The whole 8 s, though all waiting is compressed: a busy machine is no fault of the code.
  const report = await run({ events: 2_000, seed: 1, scale: 0.05, answerMs: 8_000, postgres, dist: dirname(folder) });
  console.log(describeRun(report));
  expect(report.violations).toEqual([]);
  expect(report.lost).toEqual(new Set());
  expect(report.ledger.events.size).toBe(2_000);
  expect(report.missingFaults).toEqual([]);
  const { steps, faults } = report.tally;
  for (const where of ['send', 'secret list', 'secret access', 'publish', 'push', 'database']) {
    const injected = [...faults.values()].filter((fault) => fault.where === where);
    const count = injected.reduce((sum, fault) => sum + fault.count, 0);
    expect([where, count >= 0.05 * (steps.get(where) ?? 0)]).toEqual([where, true]);
  }
}, 120_000);

it('loses nothing of what was dead-lettered while there was no database, once that is redriven', async () => {
  // Redrive gives a publish that hangs 15 s, at any scale; the run above has such publishes too.
  const severity = { publish: 0 };
  const options = { events: 150, seed: 2, scale: 0.05, answerMs: 8_000, postgres, severity };
  const report = await run({ ...options, withoutDatabase: true });
  expect(report.violations).toEqual([]);
  expect(report.lost).toEqual(new Set());
  expect(report.redriven).toBeGreaterThan(100);
  expect(report.ledger.visible.size).toBeGreaterThan(50);
}, 60_000);

interface Finding {
  /** So many faults that the mutant meets what it cannot stand. */
  readonly severity: Severity;
  readonly violation: RegExp;
}

const LOST = /204 while Pub\/Sub did not hold it|is lost: accepted, never published/;
const REFUSED = /was answered with 401, not 204$/;
const FORGED = /^a forgery \(.+\) was answered with 204$|is forged$|stems from no authentic event/;
const LATE = /was not answered at all|later than/;

const CALM = { send: 0, secret: 0, publish: 0 };

const FINDINGS: Readonly<Record<keyof typeof MUTANTS, Finding>> = {
  'answers 204 before Pub/Sub has confirmed': { severity: { publish: 9 }, violation: LOST },
  'drops an event on a publish error': { severity: { publish: 9 }, violation: LOST },
  'waits for Pub/Sub without a deadline': { severity: { publish: 9 }, violation: LATE },
  // Where everything else works, each forgery meets the bug.
  'does not look at the age': { severity: CALM, violation: FORGED },
  'takes any signature': { severity: CALM, violation: FORGED },
  'signs without the body': { severity: {}, violation: REFUSED },
  'keeps the secrets that it read first': {
    // Answers lost, so events are sent again for a day, while the function that read the first secret lives on.
    severity: { send: 9, secret: 0, publish: 0 },
    violation: /^a forgery \(a retired secret\) was answered with 204$|was answered with 401, not 204$/,
  },
  'starts the webhook without its clock': { severity: {}, violation: REFUSED },
  'starts the webhook without its limits': { severity: { publish: 9 }, violation: LATE },
  'starts the lead without its limits': { severity: { database: 5 }, violation: LATE },
  'starts the lead without its log': { severity: {}, violation: /./ },
  'acknowledges on a database error': { severity: { database: 5 }, violation: /wrote unknown_alaner; expected/ },
  'gives each delivery its own insertId': { severity: { push: 2 }, violation: /is visible \d+ times/ },
};

describe('finds a function that', () => {
  it.each(Object.entries(FINDINGS))(
    '%s',
    async (name, { severity, violation }) => {
      const apps = await mutate(MUTANTS[name as keyof typeof MUTANTS]);
      const options = { events: 120, seed: 1, scale: 0.05, answerMs: 700, severity, postgres, apps };
      const { violations } = await run(options);
      expect(violations.filter((found) => violation.test(found))).not.toEqual([]);
    },
    60_000,
  );
});
