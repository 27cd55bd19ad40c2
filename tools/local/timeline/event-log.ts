import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Hop, NOTICES, sortHops } from './hop.ts';

/** Lines of two processes and events of a third come out of order by less than this. */
export const SETTLE_MS = 120;

const FILE = 'log.jsonl';
/** Then only the latest events are kept in the file, too. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** The latest events stay in memory for the page, and of each so many hops. */
const KEPT_EVENTS = 200;
const KEPT_HOPS = 60;

/** An event that is kept in memory. */
export interface KeptEvent {
  readonly hops: readonly Hop[];
  /** How many hops came before these. */
  readonly earlier: number;
}

/** The hops of one run, in order: kept in the folder, the latest also in memory, and passed on to listeners. */
export class EventLog {
  readonly #file: string;
  readonly #listeners = new Set<(hop: Hop) => void>();
  readonly #settling = new Map<string, { readonly hops: Hop[]; readonly timer: NodeJS.Timeout }>();
  /** The one that something happened to last is at the end. */
  readonly #kept = new Map<string, KeptEvent>();
  readonly #notices: Hop[] = [];
  #bytes = 0;
  #leftOut = 0;

  /** Begins an empty one. */
  constructor(folder: string) {
    this.#file = join(folder, FILE);
    mkdirSync(folder, { recursive: true });
    writeFileSync(this.#file, '');
  }

  /** Adds a hop at most `SETTLE_MS` later, in order with those of the same event that come by then. */
  add(hop: Hop): void {
    const { event } = hop;
    const together = this.#settling.get(event);
    if (together) together.hops.push(hop);
    else this.#settling.set(event, { hops: [hop], timer: setTimeout(() => this.#settle(event), SETTLE_MS) });
  }

  /** Adds what waits for others at once. */
  flush(): void {
    for (const event of this.#settling.keys()) this.#settle(event);
  }

  /** Calls a listener with every hop from now on. Returns a function that ends it. */
  listen(listener: (hop: Hop) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The notices, then the events that are kept in memory, one after the other, the latest at the end. */
  latest(): { readonly hops: readonly Hop[]; readonly leftOut: number } {
    return {
      hops: [...this.#notices, ...[...this.#kept.values()].flatMap(({ hops }) => hops)],
      leftOut: this.#leftOut,
    };
  }

  /** What is kept of an event. */
  kept(event: string): KeptEvent {
    return this.#kept.get(event) ?? { hops: [], earlier: 0 };
  }

  #settle(event: string): void {
    const { hops = [], timer } = this.#settling.get(event) ?? {};
    clearTimeout(timer);
    this.#settling.delete(event);
    for (const hop of sortHops(hops)) {
      this.#write(hop);
      this.#keep(hop);
      for (const listener of this.#listeners) listener(hop);
    }
  }

  #write(hop: Hop): void {
    if (this.#bytes > MAX_FILE_BYTES) {
      this.#bytes = 0;
      writeFileSync(`${this.#file}.new`, this.latest().hops.map(lineOf).join(''));
      renameSync(`${this.#file}.new`, this.#file);
    }
    const line = lineOf(hop);
    appendFileSync(this.#file, line);
    this.#bytes += Buffer.byteLength(line);
  }

  #keep(hop: Hop): void {
    if (hop.event === NOTICES) return void this.#notices.push(hop);
    const { hops, earlier } = this.kept(hop.event);
    const dropped = hops.length < KEPT_HOPS ? 0 : 1;
    this.#kept.delete(hop.event);
    this.#kept.set(hop.event, { hops: [...hops.slice(dropped), hop], earlier: earlier + dropped });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size <= KEPT_EVENTS || oldest === undefined) return;
    this.#kept.delete(oldest);
    this.#leftOut += 1;
  }
}

/** Reads a folder's event log; none is empty. A line that is being written is left out. */
export function readEventLog(folder: string): Hop[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Hop);
}

/** When a folder's event log was begun or last written to; undefined where there is none. */
export function lastWritten(folder: string): Date | undefined {
  return statSync(join(folder, FILE), { throwIfNoEntry: false })?.mtime;
}

function lineOf(hop: Hop): string {
  return `${JSON.stringify(hop)}\n`;
}
