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

/** By name a weight, and what else belongs to the name. */
type Weighted<Name extends string> = Readonly<Record<Name, readonly [weight: number, ...unknown[]]>>;

/** Picks from a table of weights by a number in [0, 1); undefined where the weights end below it. */
export function pick<Name extends string>(number: number, table: Weighted<Name>): Name | undefined {
  let below = 0;
  return (Object.keys(table) as Name[]).find((name) => {
    below += table[name][0];
    return number < below;
  });
}

/** Where faults are: the first words of places. */
type Part = 'send' | 'secret' | 'publish' | 'push' | 'database';

/** Factors on the weights; 1 where there is none, and no fault at all at 0. */
export type Severity = Readonly<Partial<Record<Part, number>>>;

/** How a part is out of order as a whole; `refusing` refuses new connections. */
type Outage = 'unavailable' | 'hanging' | 'denied' | 'silent' | 'slow' | 'refusing';

/** The faults of a place: by kind its weight and, where it has a delay, the longest in milliseconds. */
type Kinds<Kind extends string> = Readonly<Record<Kind, readonly [weight: number, longestMs?: number, ...unknown[]]>>;

/** A kind of fault at a place, not injected yet. */
const newEntry = (place: string, kind: string) => ({
  place,
  kind,
  count: 0,
  /** Of the events that it was injected into, where they are known. */
  webhookIds: new Set<string>(),
});

/** Every so many steps a place injects a kind that it has not injected yet. */
const STEPS_BETWEEN_FIRST_TIMES = 4;

/**
 * Draws the faults of a run, and counts them.
 *
 * By chance, but each kind of a place at least once: which call meets a rare fault otherwise depends
 * on timing, and a proof must meet each of its faults whatever the machine does.
 */
export function createFaults(rng: Rng, severity: Severity = {}) {
  /** By place: the steps at which a fault could have been injected. */
  const steps = new Map<string, number>();
  /** By `place/kind`: also those that a place has not injected yet, once it was reached. */
  const injected = new Map<string, ReturnType<typeof newEntry>>();
  /** The parts that do not work, now. */
  const outages = new Map<Part, Outage>();

  function entry(place: string, kind: string) {
    const key = `${place}/${kind}`;
    const found = injected.get(key) ?? newEntry(place, kind);
    injected.set(key, found);
    return found;
  }

  function record(place: string, kind: string, webhookId?: string): void {
    const found = entry(place, kind);
    found.count += 1;
    if (webhookId !== undefined) found.webhookIds.add(webhookId);
  }

  /**
   * The kind of fault to inject at a step, if any, and how long it takes.
   * @param key of the step; its fault depends on nothing else but the seed, what was never met, and the outage, if any.
   * @param webhookId whose step it is, where that is known.
   */
  function draw<Kind extends string>(
    place: string,
    key: string,
    kinds: Kinds<Kind>,
    webhookId?: string,
  ): { readonly kind?: Kind | Outage; readonly delayMs: number } {
    const part = place.split(' ')[0] as Part;
    const longestMs = (kind: string): number => (kinds as Kinds<string>)[kind]?.[1] ?? 0;
    const step = (steps.get(place) ?? 0) + 1;
    steps.set(place, step);
    const outage = outages.get(part);
    // What is connected already is not refused.
    if (outage !== undefined && outage !== 'refusing') {
      record(place, `outage: ${outage}`, webhookId);
      return { kind: outage, delayMs: longestMs(outage) };
    }
    const factor = severity[part] ?? 1;
    if (factor === 0) return { delayMs: 0 };
    const [notMet] = (Object.keys(kinds) as Kind[]).filter((kind) => entry(place, kind).count === 0);
    const first = step % STEPS_BETWEEN_FIRST_TIMES === 0 ? notMet : undefined;
    const kind = first ?? pick(rng(`${place}/${key}`) / factor, kinds);
    if (kind === undefined) return { delayMs: 0 };
    record(place, kind, webhookId);
    return { kind, delayMs: longestMs(kind) * rng(`${place}/${key}/amount`) };
  }

  return {
    steps,
    injected,
    outages,
    draw,
    /** Counts a fault that was not drawn. */
    record,
    /** `place/kind` of each kind that was not injected, although its place was reached. */
    notMet: () => [...injected].filter(([, { count }]) => count === 0).map(([name]) => name),
  };
}
