import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** A ratio to the empty function, or a bar for one. */
export interface Point {
  readonly subject: string;
  /** Where on the axis: a kind of start, or a number of connections. */
  readonly at: string;
  readonly value: number;
}

/** What a reader is to take in at a glance. */
export interface Panel {
  readonly title: string;
  /** What the reference measured, and which way is better. */
  readonly subtitle: string;
  readonly points: readonly Point[];
  readonly bars: readonly Point[];
}

const COLORS = ['#1f5fa8', '#8ab6e6', '#e08214'];
const RED = '#b3261e';
const COLUMN = 26;

/**
 * Draws the panels beside each other as an SVG: columns for each place on the axis, the empty
 * function as a dashed line, and the bars in red.
 */
export async function drawPanels(
  panels: readonly Panel[],
  subjects: readonly string[],
  title: string,
): Promise<string> {
  const spec: TopLevelSpec = {
    title: { text: title, anchor: 'start', fontSize: 13, fontWeight: 'normal', color: '#333', offset: 18 },
    background: 'white',
    padding: 16,
    spacing: 56,
    bounds: 'flush',
    config: { view: { stroke: null }, font: 'Helvetica, Arial, sans-serif' },
    hconcat: panels.map((panel) => drawPanel(panel, subjects)),
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

function drawPanel({ title, subtitle, points, bars }: Panel, subjects: readonly string[]) {
  const places = new Set(points.map(({ at }) => at));
  const shown = subjects.filter((name) => points.some(({ subject }) => subject === name));
  const nominal = { type: 'nominal' as const, sort: null };
  const x = {
    ...nominal,
    field: 'at',
    scale: { paddingInner: 0.3, paddingOuter: 0.15 },
    axis: { title: null, labelAngle: 0, labelFontSize: 12, ticks: false, domain: false },
  };
  const xOffset = { ...nominal, field: 'subject', scale: { domain: shown } };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    scale: { domain: [0, 1.1 * Math.max(1, ...[...points, ...bars].map(({ value }) => value))] },
    axis: { title: null, tickCount: 5, gridColor: '#eee', domain: false, ticks: false },
  };
  const color = {
    ...nominal,
    field: 'subject',
    scale: { domain: [...subjects], range: COLORS },
    legend: { title: null, orient: 'bottom' as const, labelFontSize: 12, labelLimit: 0, columns: subjects.length },
  };
  const values = { values: [...points] };
  return {
    title: {
      text: title,
      subtitle,
      anchor: 'start' as const,
      fontSize: 15,
      subtitleFontSize: 11,
      subtitleColor: '#555',
    },
    width: Math.max(160, places.size * (shown.length + 0.6) * COLUMN),
    height: 220,
    layer: [
      { data: values, mark: { type: 'bar' as const }, encoding: { x, xOffset, y, color } },
      {
        data: { values: [{ value: 1 }] },
        mark: { type: 'rule' as const, strokeDash: [5, 4], color: '#222' },
        encoding: { y },
      },
      {
        data: { values: [...bars] },
        mark: { type: 'tick' as const, color: RED, opacity: 1, thickness: 3, bandSize: COLUMN },
        encoding: { x, xOffset, y },
      },
      {
        data: values,
        mark: { type: 'text' as const, dy: -7, fontSize: 10, fontWeight: 'bold' as const, color: '#222' },
        encoding: { x, xOffset, y, text: { field: 'value', format: '.2f' } },
      },
    ],
  };
}
