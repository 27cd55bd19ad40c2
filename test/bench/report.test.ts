import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import results from '../../docs/bench/results.json' with { type: 'json' };
import { describeColdStarts } from '../../tools/bench/cold-start.ts';
import { drawPanels } from '../../tools/bench/panels.ts';
import { describeThroughput } from '../../tools/bench/throughput.ts';

const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'bench', name), 'utf8');
const sections = [describeColdStarts(results.coldStart, 15), describeThroughput(results.throughput)];

it.each(sections)('the report says what the last run measured', ({ text }) => {
  expect(read('results.md')).toContain(text);
});

it('the picture shows what the last run measured', async () => {
  const [title = ''] = textsOf(read('ratios.svg')).slice(-1);
  const drawn = await drawPanels(
    sections.flatMap(({ panels = [] }) => panels),
    title,
  );
  expect(title).toContain(results.where);
  expect(textsOf(drawn)).toEqual(textsOf(read('ratios.svg')));
});

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}
