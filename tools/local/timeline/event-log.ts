import { EventEmitter } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Hop, isOver, sortHops } from './hop.ts';

/** Lines of two processes and events of a third come out of order by less than this. */
export const SETTLE_MS = 120;

const POLL_MS = 50;
const FILE = 'log.jsonl';
/** Then only the latest hops are kept in the file, too. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** So many of the latest hops stay in memory, for the page. */
const KEPT_HOPS = 5_000;

/** The hops of one run, in order: kept in the folder, the latest also in memory, and emitted as `hop`. */
export class EventLog extends EventEmitter<{ hop: [hop: Hop] }> {
  /** The latest hops, oldest first. */
  readonly latest: Hop[] = [];
  readonly #file: string;
  readonly #settling = new Map<string, Hop[]>();
  #bytes = 0;

  /** Begins an empty one. */
  constructor(folder: string) {
    super();
    // Each open page listens.
    this.setMaxListeners(0);
    this.#file = join(folder, FILE);
    mkdirSync(folder, { recursive: true });
    writeFileSync(this.#file, '');
  }

  /** Adds a hop at most `SETTLE_MS` later, in order with those of the same event that come by then. */
  add(hop: Hop): void {
    const together = this.#settling.get(hop.event);
    if (together) together.push(hop);
    else {
      this.#settling.set(hop.event, [hop]);
      setTimeout(() => this.#settle(hop.event), SETTLE_MS);
    }
  }

  /** Adds what waits for others at once. */
  stop(): void {
    for (const event of this.#settling.keys()) this.#settle(event);
  }

  #settle(event: string): void {
    const hops = this.#settling.get(event) ?? [];
    this.#settling.delete(event);
    for (const hop of sortHops(hops)) {
      this.#write(hop);
      this.latest.push(hop);
      if (this.latest.length > KEPT_HOPS) this.latest.shift();
      this.emit('hop', hop);
    }
  }

  #write(hop: Hop): void {
    if (this.#bytes > MAX_FILE_BYTES) {
      this.#bytes = 0;
      writeFileSync(`${this.#file}.new`, this.latest.map(lineOf).join(''));
      renameSync(`${this.#file}.new`, this.#file);
    }
    const line = lineOf(hop);
    appendFileSync(this.#file, line);
    this.#bytes += Buffer.byteLength(line);
  }
}

/** Reads a folder's event log; a missing one is empty. A line that is being written is left out. */
export function readEventLog(folder: string): Hop[] {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Hop);
}

/** When a folder's event log was begun or last written to; undefined if there is none. */
export function lastWritten(folder: string): Date | undefined {
  return statSync(join(folder, FILE), { throwIfNoEntry: false })?.mtime;
}

/**
 * Waits until the local system has dealt with a webhook.
 * @param since what happened before is another sending of the same webhook.
 * @returns its hops as far as they have come by then.
 */
export async function awaitHops(folder: string, webhookId: string, since: Date, timeoutMs: number): Promise<Hop[]> {
  const until = performance.now() + timeoutMs;
  // The functions round durations, and so the time at which a request began, to a millisecond.
  const sinceMs = since.getTime() - 1;
  const isOwn = ({ event, at }: Hop): boolean => event === webhookId && Date.parse(at) >= sinceMs;
  const read = (): Hop[] => sortHops(readEventLog(folder).filter(isOwn));
  while (performance.now() < until && !isOver(read())) await sleep(POLL_MS);
  // For the other subscribers.
  await sleep(SETTLE_MS);
  return read();
}

function lineOf(hop: Hop): string {
  return `${JSON.stringify(hop)}\n`;
}
