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
  /** In [0, 1): the share of the longest delay, where the fault has one. */
  readonly amount: number;
}

/** One kind of fault at one place. */
export interface Injected {
  readonly place: string;
  readonly kind: string;
  count: number;
  /** Webhook ids, where they are known. */
  readonly struck: Set<string>;
}

/** Every so many steps a place injects a kind that it has not injected yet. */
const STEPS_BETWEEN_FIRST_TIMES = 4;

/**
 * Draws the faults of a run, and counts them.
 *
 * By chance, but each kind of a place at least once: which call meets a rare fault otherwise depends
 * on timing, and a proof must meet each of its faults whatever the machine does.
 */
export class Faults {
  /** By place: the steps at which a fault could have been injected. */
  readonly steps = new Map<string, number>();
  /** By `place/kind`. */
  readonly injected = new Map<string, Injected>();
  /** By place: the kinds that are to be injected. */
  readonly #kinds = new Map<string, readonly string[]>();
  readonly #rng: Rng;
  readonly #severity: Severity;

  constructor(rng: Rng, severity: Severity) {
    this.#rng = rng;
    this.#severity = severity;
  }

  /**
   * The fault of a step, if any.
   * @param key of the step; its fault depends on nothing else but the seed and what was never met.
   */
  draw<T extends string>(
    place: string,
    key: string,
    weights: Readonly<Record<T, number>>,
    webhookId?: string,
  ): Fault<T> | undefined {
    const step = this.#count(place);
    const factor = this.#severity[place.split(' ')[0] as keyof Severity] ?? 1;
    if (factor === 0) return undefined;
    this.#kinds.set(place, Object.keys(weights));
    const [first] = step % STEPS_BETWEEN_FIRST_TIMES === 0 ? this.#notMetAt(place) : [];
    const kind = (first as T | undefined) ?? pick(this.#rng(`${place}/${key}`) / factor, weights);
    if (kind === undefined) return undefined;
    this.record(place, kind, webhookId);
    return { kind, amount: this.#rng(`${place}/${key}/amount`) };
  }

  /** Counts a step that meets an outage, which is planned and not drawn. */
  meetOutage(place: string, outage: string, webhookId?: string): void {
    this.#count(place);
    this.record(place, `outage: ${outage}`, webhookId);
  }

  /** Counts a fault. */
  record(place: string, kind: string, webhookId?: string): void {
    const key = `${place}/${kind}`;
    const entry = this.injected.get(key) ?? { place, kind, count: 0, struck: new Set() };
    this.injected.set(key, entry);
    entry.count += 1;
    if (webhookId !== undefined) entry.struck.add(webhookId);
  }

  /** `place/kind` of each kind that was not injected, although its place was reached. */
  notMet(): string[] {
    return [...this.#kinds.keys()].flatMap((place) => this.#notMetAt(place).map((kind) => `${place}/${kind}`));
  }

  #notMetAt(place: string): string[] {
    return this.#kinds.get(place)?.filter((kind) => !this.injected.has(`${place}/${kind}`)) ?? [];
  }

  #count(place: string): number {
    const step = (this.steps.get(place) ?? 0) + 1;
    this.steps.set(place, step);
    return step;
  }
}
