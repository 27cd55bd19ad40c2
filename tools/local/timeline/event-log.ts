import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoMessage } from '../../services/demo-subscriber.ts';

/** Something a part of the local system said; one line of `log.jsonl`. */
export type EventLogEntry = {
  /** RFC 3339, when it was noted. */
  readonly at: string;
} & (
  | { readonly source: FunctionName; readonly line: FunctionLine }
  /** Output that is not a log line: a crash, a warning of Node. */
  | { readonly source: FunctionName | 'local-system'; readonly text: string }
  | { readonly source: 'pubsub'; readonly published: PublishedMessage }
  | { readonly source: 'pubsub'; readonly delivery: DeliveryNote }
  | { readonly source: 'demo-subscriber'; readonly message: DemoMessage }
);

/** An EventLogEntry before it has its time. */
export type Note = EventLogEntry extends infer E ? (E extends EventLogEntry ? Omit<E, 'at'> : never) : never;

/** The two functions. */
export type FunctionName = 'incident-webhook' | 'incident-lead';

/**
 * A log line of a function, as far as it is read here: `shared/log.ts` writes it, and
 * docs/events.md names the outcomes of incident-lead.
 */
export interface FunctionLine {
  readonly severity: string;
  readonly message: string;
  readonly timestamp?: { readonly seconds: number; readonly nanos: number };
  readonly metadata?: {
    readonly outcome?: string;
    readonly reason?: string;
    readonly status?: number;
    readonly webhookId?: string;
    readonly incidentId?: string;
    readonly messageId?: string;
    readonly deliveryAttempt?: number;
    readonly durationMs?: number;
  };
}

/** A message that the emulator has accepted on the topic of the events. */
export interface PublishedMessage {
  readonly messageId: string;
  /** RFC 3339. */
  readonly publishTime: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The data as text. */
  readonly data: string;
}

/** What became of one delivery of a message, or that a filter kept it from the subscription. */
export interface DeliveryNote {
  readonly type: 'delivered' | 'deadLettered' | 'filtered';
  /** The id, without its project. */
  readonly subscription: string;
  readonly messageId: string;
  readonly webhookId: string | undefined;
  readonly incidentId: string | undefined;
  readonly attempt: number;
  readonly acknowledged: boolean;
  /** HTTP status, a network error's code, or the filter that dropped it. */
  readonly answer: number | string;
  /** RFC 3339, when the subscriber was handed it. */
  readonly startedAt?: string;
  /** Milliseconds until the next delivery, where one follows. */
  readonly redeliveredAfterMs?: number;
}

const LOG_FILE = 'log.jsonl';
const OLDER_FILE = 'log.older.jsonl';
/** Then a new file is begun, and the one before is kept: at most twice as much is on the disk. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The event log of one run: kept in the folder, and passed on to listeners. */
export class EventLog {
  readonly file: string;
  readonly #older: string;
  readonly #listeners = new Set<(entry: EventLogEntry) => void>();
  #bytes = 0;

  /** Begins an empty one. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, LOG_FILE);
    this.#older = join(folder, OLDER_FILE);
    for (const file of [this.file, this.#older]) rmSync(file, { force: true });
    appendFileSync(this.file, '');
  }

  /** Keeps a note, and passes it on to the listeners. */
  note(note: Note): void {
    const entry = { at: new Date().toISOString(), ...note } as EventLogEntry;
    const line = `${JSON.stringify(entry)}\n`;
    if (this.#bytes > MAX_FILE_BYTES) {
      renameSync(this.file, this.#older);
      this.#bytes = 0;
    }
    appendFileSync(this.file, line);
    this.#bytes += Buffer.byteLength(line);
    for (const listener of this.#listeners) listener(entry);
  }

  /** Calls a listener with every entry from now on. Returns a function that ends it. */
  listen(listener: (entry: EventLogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every entry that is still kept, oldest first. */
  entries(): EventLogEntry[] {
    return readEventLog(this.file);
  }
}

/** Where a folder's event log is. */
export function eventLogFile(folder: string): string {
  return join(folder, LOG_FILE);
}

/** Reads an event log, the older part included; none is empty. A line that is being written is left out. */
export function readEventLog(file: string): EventLogEntry[] {
  return [file.replace(LOG_FILE, OLDER_FILE), file].filter(existsSync).flatMap((part) =>
    readFileSync(part, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as EventLogEntry),
  );
}

/** When the event log was begun or last written to; undefined where there is none. */
export function lastWritten(file: string): Date | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtime;
}
