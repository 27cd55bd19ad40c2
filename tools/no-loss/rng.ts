import { hash } from 'node:crypto';

/**
 * A number in [0, 1) that depends on the seed and the key alone, so that a run's faults do not
 * depend on who came first.
 */
export type Rng = (key: string) => number;

/** Decisions of one seed. */
export function seededRng(seed: number): Rng {
  return (key) => Number.parseInt(hash('sha1', `${seed}/${key}`, 'hex').slice(0, 12), 16) / 2 ** 48;
}

/** Picks from a table of weights, the rest of the way to 1 being undefined. */
export function pick<T extends string>(at: number, weights: Readonly<Record<T, number>>): T | undefined {
  let below = 0;
  for (const [name, weight] of Object.entries<number>(weights)) {
    below += weight;
    if (at < below) return name as T;
  }
  return undefined;
}
