/** Counts the faults of a run, and remembers which events they struck. */
export interface Tally {
  /** A step at which a fault could have been injected. */
  step(where: string): void;
  /** @param id of the webhook it struck, where that is known. */
  injected(where: string, fault: string, id?: string): void;
  readonly steps: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, Injected>;
}

/** One kind of fault. */
export interface Injected {
  readonly where: string;
  readonly fault: string;
  count: number;
  readonly struck: Set<string>;
}

/** An empty tally. */
export function createTally(): Tally {
  const steps = new Map<string, number>();
  const faults = new Map<string, Injected>();
  return {
    steps,
    faults,
    step: (where) => steps.set(where, (steps.get(where) ?? 0) + 1),
    injected(where, fault, id) {
      const key = `${where}/${fault}`;
      const entry = faults.get(key) ?? { where, fault, count: 0, struck: new Set() };
      entry.count += 1;
      if (id !== undefined) entry.struck.add(id);
      faults.set(key, entry);
    },
  };
}
