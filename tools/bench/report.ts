/** One kind of measurement: Markdown for people, figures for programs, and what is drawn. */
export interface Section {
  readonly text: string;
  readonly figures: unknown;
  readonly panels?: readonly Panel[];
}

/** A figure measured several times. */
type Spread = ReturnType<typeof spread>;

/** What a figure should not exceed, or not fall below. */
export interface Bar {
  readonly kind: 'at most' | 'at least';
  readonly value: number;
}

/** Ratios to the empty function, for a reader to take in at a glance. */
export interface Panel {
  readonly title: string;
  /** What the reference measured, and which way is better. */
  readonly subtitle: string;
  /** `place` is where on the axis: a kind of start, or a number of connections. */
  readonly points: readonly { subject: string; place: string; value: number; bar: Bar | undefined }[];
}

/** Says on stderr what is being measured, and how long after the start. */
export function say(text: string): void {
  const seconds = Math.round(performance.now() / 1000);
  console.error(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}  ${text}`);
}

/**
 * Measures each of some cases `passes` times, in turn, so that what the machine does to one it does to all.
 * @returns what was measured of a case
 */
export async function inTurn<Case, Result>(
  what: string,
  cases: readonly Case[],
  passes: number,
  measure: (one: Case) => Promise<Result>,
): Promise<(of: Case) => readonly Result[]> {
  const results = new Map<Case, Result[]>(cases.map((one) => [one, []]));
  for (let pass = 1; pass <= passes; pass++) {
    say(`${what}: pass ${pass} of ${passes}`);
    for (const [one, measured] of results) measured.push(await measure(one));
  }
  return (of) => results.get(of) ?? [];
}

/** The value below which the share `q` (0 to 1) of the values lies; the nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Median and range of repeated measurements. */
export function spread(values: readonly number[]) {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** The median of each figure of repeated measurements. */
export function medians<Key extends string>(measured: readonly Readonly<Record<Key, number>>[]) {
  const keys = Object.keys(measured[0] ?? {}) as Key[];
  const entries = keys.map((key) => [key, spread(measured.map((each) => each[key])).median]);
  return Object.fromEntries(entries) as Record<Key, number>;
}

/** Ratios of a figure of measurements taken in turn, pair by pair, so that a drift of the machine cancels out. */
export function pairedRatios<Key extends string>(
  measured: readonly Readonly<Record<Key, number>>[],
  references: readonly Readonly<Record<Key, number>>[],
  key: NoInfer<Key>,
) {
  return spread(measured.map((each, index) => each[key] / (references[index]?.[key] ?? Number.NaN)));
}

/** The bar, and whether a value meets it; empty without a bar. */
export function verdict(value: number, bar: Bar | undefined, unit = ''): string {
  if (bar === undefined) return '';
  const met = bar.kind === 'at most' ? value <= bar.value : value >= bar.value;
  return `${bar.kind} ${bar.value}${unit}: ${met ? 'met' : '**missed**'}`;
}

/** A median and its range. */
export function withRange({ median, min, max }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

/** A Markdown table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
