import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import results from '../../docs/bench/results.json' with { type: 'json' };
import { withRange } from '../../tools/bench/report.ts';
import { table } from './markdown.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const rows = new Map(table(readme, 'figure', 'webhook').map(([figure = '', ...cells]) => [figure, cells]));

const WEBHOOK = 'webhook, secret literal';
const STORED = 'webhook, Secret Manager';
const LEAD = 'lead, with look-up';

/** The ratio to an empty function, as the table has it. */
function start(subject: string, how: string, range: boolean): string {
  const ratio = results.coldStart.find(({ name }) => name === `${subject}, ${how}`)?.ratio;
  return (range ? ratio && withRange(ratio) : ratio?.median.toFixed(2)) ?? '';
}

function throughput(subject: string): string {
  const measured = results.throughput.filter(({ name, connections }) => name === subject && connections > 1);
  return measured.map(({ ratio }) => ratio.median.toFixed(2)).join(', ');
}

function memory(subject: string): string | undefined {
  const measured = results.throughput.find(({ name, connections }) => name === subject && connections === 64);
  return measured?.memoryRatio.median.toFixed(2);
}

it.each<[figure: RegExp, webhook: string | undefined, lead: string | undefined]>([
  [
    /^cold start/,
    `${start(WEBHOOK, 'as deployed', true)}; secret from Secret Manager ${start(STORED, 'as deployed', true)}`,
    start(LEAD, 'as deployed', true),
  ],
  [
    /^the same without/,
    `${start(WEBHOOK, 'no code cache', false)}; ${start(STORED, 'no code cache', false)}`,
    start(LEAD, 'no code cache', false),
  ],
  [/^throughput/, throughput(WEBHOOK), throughput(LEAD)],
  [/^memory/, memory(WEBHOOK), memory(LEAD)],
])('the README quotes the last run of the bench: %s', (figure, webhook, lead) => {
  const [, cells] = [...rows].find(([name]) => figure.test(name)) ?? [];
  expect(cells?.slice(0, 2)).toEqual([webhook, lead]);
});

it('the README says when that run was', () => {
  expect(readme).toContain(`on ${results.where.slice(0, 10)} (2 cores of an AMD EPYC`);
});

it("Terraform's guides quote it too", () => {
  const [deployed, noCache] = ['as deployed', 'no code cache'].map((how) => start(STORED, how, false));
  const guide = readFileSync(join(ROOT, 'terraform', 'README.md'), 'utf8');
  expect(guide).toContain(`takes ${noCache} instead of ${deployed} times as long`);
  const ms = (name: string) => results.coldStart.find((row) => row.name === name)?.ms.toFixed();
  const cost = readFileSync(join(ROOT, 'terraform', 'cost.md'), 'utf8');
  expect(cost).toContain(`takes ${ms(`${STORED}, as deployed`)} ms`);
  expect(cost).toContain(`${deployed} times as long as a function that does nothing (${ms('empty function')} ms;`);
  expect(cost).toContain(`incident-lead ${ms(`${LEAD}, as deployed`)} ms)`);
  expect(cost).toContain(`it takes ${ms(`${STORED}, no code cache`)} ms.`);
});
