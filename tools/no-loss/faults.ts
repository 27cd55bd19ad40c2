import { hash } from 'node:crypto';

/**
 * A number in [0, 1) that depends on the seed and the key alone, so that a run's decisions do not
 * depend on who came first.
 */
export type Rng = (key: string) => number;

/** Decisions of one seed. */
export function seededRng(seed: number): Rng {
  return (key) => Number.parseInt(hash('sha1', `${seed}/${key}`, 'hex').slice(0, 12), 16) / 2 ** 48;
}

/** Picks from a table of weights by a number in [0, 1); undefined where the weights end below it. */
export function pick<T extends string>(number: number, weights: Readonly<Record<T, number>>): T | undefined {
  let below = 0;
  for (const [name, weight] of Object.entries<number>(weights)) {
    below += weight;
    if (number < below) return name as T;
  }
  return undefined;
}

/** Factors on the weights, by the first word of a place; 1 where there is none, and no fault at all at 0. */
export type Severity = Readonly<Partial<Record<'send' | 'secret' | 'publish' | 'push' | 'database', number>>>;

/** A fault to inject. */
export interface Fault<T extends string> {
  readonly kind: T;
  /** The share of the longest delay, where the fault has one. */
  readonly amount: number;
}

/** One kind of fault at one place. */
export interface Injected {
  readonly place: string;
  readonly kind: string;
  count: number;
  /** Of the events that it was injected into, where they are known. */
  readonly webhookIds: Set<string>;
}

/** Every so many steps a place injects a kind that it has not injected yet. */
const STEPS_BETWEEN_FIRST_TIMES = 4;

/** See `createFaults`. */
export type Faults = ReturnType<typeof createFaults>;

/**
 * Draws the faults of a run, and counts them.
 *
 * By chance, but each kind of a place at least once: which call meets a rare fault otherwise depends
 * on timing, and a proof must meet each of its faults whatever the machine does.
 */
export function createFaults(rng: Rng, severity: Severity) {
  /** By place: the steps at which a fault could have been injected. */
  const steps = new Map<string, number>();
  /** By `place/kind`. */
  const injected = new Map<string, Injected>();
  /** By place: the kinds that are to be injected. */
  const kinds = new Map<string, readonly string[]>();

  const notMetAt = (place: string): string[] =>
    kinds.get(place)?.filter((kind) => !injected.has(`${place}/${kind}`)) ?? [];

  function record(place: string, kind: string, webhookId?: string): void {
    const key = `${place}/${kind}`;
    const entry = injected.get(key) ?? { place, kind, count: 0, webhookIds: new Set() };
    injected.set(key, entry);
    entry.count += 1;
    if (webhookId !== undefined) entry.webhookIds.add(webhookId);
  }

  /**
   * The fault to inject at a step, if any.
   * @param key of the step; its fault depends on nothing else but the seed, what was never met, and `outage`.
   * @param met the webhook whose step it is, and the outage that the step meets, which then is its fault.
   */
  function draw<Kind extends string, Outage extends string = never>(
    place: string,
    key: string,
    weights: Readonly<Record<Kind, number>>,
    { webhookId, outage }: { readonly webhookId?: string; readonly outage?: Outage | undefined } = {},
  ): Fault<Kind | Outage> | undefined {
    const step = (steps.get(place) ?? 0) + 1;
    steps.set(place, step);
    if (outage !== undefined) {
      record(place, `outage: ${outage}`, webhookId);
      return { kind: outage, amount: 1 };
    }
    const factor = severity[place.split(' ')[0] as keyof Severity] ?? 1;
    if (factor === 0) return undefined;
    kinds.set(place, Object.keys(weights));
    const [first] = step % STEPS_BETWEEN_FIRST_TIMES === 0 ? notMetAt(place) : [];
    const kind = (first as Kind | undefined) ?? pick(rng(`${place}/${key}`) / factor, weights);
    if (kind === undefined) return undefined;
    record(place, kind, webhookId);
    return { kind, amount: rng(`${place}/${key}/amount`) };
  }

  return {
    steps,
    injected,
    draw,
    /** Counts a fault that was not drawn. */
    record,
    /** `place/kind` of each kind that was not injected, although its place was reached. */
    notMet: () => [...kinds.keys()].flatMap((place) => notMetAt(place).map((kind) => `${place}/${kind}`)),
  };
}
