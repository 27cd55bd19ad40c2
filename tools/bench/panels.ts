import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Panel } from './report.ts';

const COLORS = ['#1f5fa8', '#8ab6e6', '#e08214'];
const RED = '#b3261e';
const COLUMN = 26;
const NOMINAL = { type: 'nominal', sort: null } as const;
const QUANTITATIVE = { type: 'quantitative' } as const;

/**
 * Draws the panels beside each other as an SVG: columns for each place on the axis, the empty
 * function as a dashed line, and the bars in red.
 */
export async function drawPanels(panels: readonly Panel[], title: string): Promise<string> {
  const subjects = [...new Set(panels.flatMap(({ points }) => points.map(({ subject }) => subject)))];
  const spec: TopLevelSpec = {
    title: { text: title, fontSize: 13, fontWeight: 'normal', color: '#333', offset: 18 },
    background: 'white',
    padding: 16,
    spacing: 56,
    bounds: 'flush',
    config: {
      view: { stroke: null },
      font: 'Helvetica, Arial, sans-serif',
      title: { anchor: 'start', fontSize: 15, subtitleFontSize: 11, subtitleColor: '#555' },
      axis: { title: null, domain: false, ticks: false, gridColor: '#eee' },
      axisX: { labelAngle: 0, labelFontSize: 12 },
      legend: { title: null, orient: 'bottom', labelFontSize: 12, labelLimit: 0, columns: subjects.length },
    },
    hconcat: panels.map((panel) => drawPanel(panel, subjects)),
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

function drawPanel({ title, subtitle, points }: Panel, subjects: string[]) {
  const places = new Set(points.map(({ place }) => place));
  const shown = subjects.filter((name) => points.some(({ subject }) => subject === name));
  const highest = Math.max(1, ...points.flatMap(({ value, bar }) => [value, bar?.value ?? 0]));
  const x = { ...NOMINAL, field: 'place', scale: { paddingInner: 0.3, paddingOuter: 0.15 } };
  const xOffset = { ...NOMINAL, field: 'subject', scale: { domain: shown } };
  const y = { ...QUANTITATIVE, field: 'value', scale: { domain: [0, 1.1 * highest] }, axis: { tickCount: 5 } };
  const color = { ...NOMINAL, field: 'subject', scale: { domain: subjects, range: COLORS } };
  return {
    title: { text: title, subtitle },
    width: Math.max(160, places.size * (shown.length + 0.6) * COLUMN),
    height: 220,
    data: { values: [...points] },
    layer: [
      { mark: 'bar' as const, encoding: { x, xOffset, y, color } },
      {
        data: { values: [{ value: 1 }] },
        mark: { type: 'rule' as const, strokeDash: [5, 4], color: '#222' },
        encoding: { y },
      },
      {
        transform: [{ filter: 'isValid(datum.bar)' }],
        mark: { type: 'tick' as const, color: RED, opacity: 1, thickness: 3, bandSize: COLUMN },
        encoding: { x, xOffset, y: { ...y, field: 'bar.value' } },
      },
      {
        mark: { type: 'text' as const, dy: -7, fontSize: 10, fontWeight: 'bold' as const, color: '#222' },
        encoding: { x, xOffset, y, text: { field: 'value', format: '.2f' } },
      },
    ],
  };
}
