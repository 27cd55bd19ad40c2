import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Spread } from './statistics.ts';

/** One figure beside its reference. */
export interface Row {
  readonly figure: string;
  readonly subject: string;
  /** In its own unit, as text. */
  readonly value: string;
  readonly reference: string;
  readonly ratio: Spread;
  /** What the ratio should not exceed, or not fall below. */
  readonly bar?: { readonly at: number; readonly kind: 'at most' | 'at least' };
}

/** A Markdown table of the rows. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ figure, subject, value, reference, ratio, bar }) => {
    const met = bar === undefined ? '' : `${bar.kind} ${bar.at}: ${isMet(ratio.median, bar) ? 'met' : '**missed**'}`;
    return [
      figure,
      subject,
      value,
      reference,
      `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
      met,
    ];
  });
  const cells = [
    ['figure', 'of', 'measured', 'reference', 'ratio: median (range)', 'bar'],
    ['---', '---', '---', '---', '---', '---'],
    ...lines,
  ];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** The ratios as an SVG: one dot a row, its range as a line, its bar as a tick. */
export async function plot(rows: readonly Row[], title: string): Promise<string> {
  const values = rows.map(({ figure, subject, ratio, bar }) => ({
    what: `${figure}: ${subject}`,
    ...ratio,
    bar: bar?.at,
  }));
  const y = { field: 'what', type: 'nominal' as const, sort: null, title: null, axis: { labelLimit: 0 } };
  const spec: TopLevelSpec = {
    title,
    data: { values },
    width: 520,
    background: 'white',
    layer: [
      { mark: { type: 'rule', strokeDash: [4, 4], color: '#666' }, encoding: { x: { datum: 1 } } },
      {
        mark: { type: 'rule', color: '#1f5fa8' },
        encoding: {
          y,
          x: { field: 'min', type: 'quantitative', title: 'ratio to the reference (dashed: the same)' },
          x2: { field: 'max' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 70, color: '#1f5fa8' },
        encoding: { y, x: { field: 'median', type: 'quantitative' } },
      },
      {
        mark: { type: 'tick', color: '#b3261e', thickness: 3 },
        transform: [{ filter: 'isValid(datum.bar)' }],
        encoding: { y, x: { field: 'bar', type: 'quantitative' } },
      },
    ],
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

function isMet(ratio: number, { at, kind }: NonNullable<Row['bar']>): boolean {
  return kind === 'at most' ? ratio <= at : ratio >= at;
}
