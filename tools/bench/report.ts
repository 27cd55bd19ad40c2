import type { Panel } from './panels.ts';
import type { Spread } from './statistics.ts';

/** One kind of measurement. */
export interface Section {
  /** Markdown, for people. */
  readonly text: string;
  /** For programs. */
  readonly figures: unknown;
  readonly panels?: readonly Panel[];
}

/** What a ratio should not exceed, or not fall below. */
export interface Bar {
  readonly kind: 'at most' | 'at least';
  readonly at: number;
}

/** The bar, and whether a value meets it. */
export function verdict(value: number, bar: Bar | undefined, unit = ''): string {
  if (bar === undefined) return '';
  const met = bar.kind === 'at most' ? value <= bar.at : value >= bar.at;
  return `${bar.kind} ${bar.at}${unit}: ${met ? 'met' : '**missed**'}`;
}

/** A median and its range. */
export function withRange({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

/** A Markdown table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
