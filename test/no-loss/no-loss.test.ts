import { dirname } from 'node:path';
import { build } from '../../tools/build/build.ts';
import { describeRun } from '../../tools/no-loss/report.ts';
import { run } from '../../tools/no-loss/run.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { MUTANTS, mutate } from './mutants.ts';

let postgres: LocalPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
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
  const { steps, injected } = report.faults;
  expect(report.faults.notMet()).toEqual([]);
  for (const place of ['send', 'secret list', 'secret access', 'publish', 'push', 'database']) {
    const there = [...injected.values()].filter((fault) => fault.place === place);
    const count = there.reduce((sum, fault) => sum + fault.count, 0);
    expect([place, count >= 0.05 * (steps.get(place) ?? 0)]).toEqual([place, true]);
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
  expect(report.visible.size).toBeGreaterThan(50);
}, 60_000);

describe('finds a function that', () => {
  it.each(Object.entries(MUTANTS))(
    '%s',
    async (_name, mutant) => {
      const { severity = {}, violation } = mutant;
      const apps = await mutate(mutant);
      const { violations } = await run({ events: 120, seed: 1, scale: 0.05, answerMs: 700, severity, postgres, apps });
      expect(violations.filter((found) => violation.test(found))).not.toEqual([]);
    },
    60_000,
  );
});
