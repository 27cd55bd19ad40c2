import { pick, type Rng } from './rng.ts';

/** Which fault of a table to inject at the step with this key, if any. Keys begin with the place, then a slash. */
export type InjectFault = <T extends string>(key: string, weights: Readonly<Record<T, number>>) => T | undefined;

/** Factors on the weights, by the first word of a step's key; 1 where there is none, and no fault at all at 0. */
export type Severity = Readonly<Partial<Record<'send' | 'secret' | 'publish' | 'push' | 'database', number>>>;

/** Injects faults, and knows which kinds were never met. */
export interface FaultInjector {
  readonly inject: InjectFault;
  /** `place/fault` of each kind that was due and not injected yet. */
  readonly missing: () => string[];
}

/** Every so many steps a place injects a kind that it has not injected yet. */
const STEPS_BETWEEN_FIRST_TIMES = 4;

/**
 * Injects faults by chance, but each kind of a place at least once. Which call meets a rare fault otherwise depends on
 * timing, and a proof must meet each of its faults whatever the machine does.
 */
export function faultInjector(rng: Rng, severity: Severity): FaultInjector {
  const factors = new Map<string, number>(Object.entries(severity));
  const places = new Map<string, { steps: number; readonly missing: Set<string> }>();
  return {
    missing: () => [...places].flatMap(([place, { missing }]) => [...missing].map((fault) => `${place}/${fault}`)),
    inject<T extends string>(key: string, weights: Readonly<Record<T, number>>): T | undefined {
      const place = key.slice(0, key.indexOf('/'));
      const [word = ''] = place.split(' ');
      const factor = factors.get(word) ?? 1;
      if (factor === 0) return undefined;
      const known = places.get(place) ?? { steps: 0, missing: new Set(Object.keys(weights)) };
      places.set(place, known);
      known.steps += 1;
      const [first] = known.steps % STEPS_BETWEEN_FIRST_TIMES === 0 ? known.missing : [];
      const fault = (first as T | undefined) ?? pick(rng(key) / factor, weights);
      if (fault !== undefined) known.missing.delete(fault);
      return fault;
    },
  };
}
