/** A figure measured several times. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which the share `q` (0 to 1) of the values lies; the nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** Median and range of repeated measurements. */
export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** Ratios of measurements taken in turn, pair by pair, so that a drift of the machine cancels out. */
export function pairedRatios(values: readonly number[], references: readonly number[]): Spread {
  return spread(values.map((value, at) => value / (references[at] ?? Number.NaN)));
}
