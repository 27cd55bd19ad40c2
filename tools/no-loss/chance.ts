import { hash } from 'node:crypto';

/** A number in [0, 1) that depends on the seed and the key alone, so that a run's faults do not depend on who came first. */
export type Chance = (key: string) => number;

/** Decisions of one seed. */
export function seededChance(seed: number): Chance {
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

/** Which fault of a table strikes at the step with this key, if any. */
export type Strike = <T extends string>(key: string, weights: Readonly<Record<T, number>>) => T | undefined;

/** Factors on the weights, by the first part of a step's key; 1 where there is none. */
export type Severity = Readonly<Partial<Record<'send' | 'secret' | 'publish' | 'push' | 'database', number>>>;

/** Strikes by chance. */
export function striking(chance: Chance, severity: Severity): Strike {
  const factors = new Map<string, number>(Object.entries(severity));
  return (key, weights) => pick(chance(key) / (factors.get(key.slice(0, key.indexOf('/'))) ?? 1), weights);
}
