import { type DeadLetter, nameOf } from './dead-letter.ts';
import { Held } from './held.ts';
import type { PubSub } from './pubsub.ts';
import { type Bounds, takeUntilEmpty } from './take.ts';

/** What a dry run saw. */
export interface Listing {
  readonly total: number;
  /** Messages by the subscription they were dead-lettered from. */
  readonly bySource: ReadonlyMap<string, number>;
  /** False where leases could not be given back; they run out by themselves. */
  readonly gaveBack: boolean;
}

/**
 * Shows every dead letter once, and gives all of them back at the end: nothing is published or acknowledged.
 * @param write takes one line.
 */
export async function listDeadLetters(
  pubsub: PubSub,
  now: Date,
  bounds: Bounds,
  write: (line: string) => void,
): Promise<Listing> {
  const held = new Held();
  const bySource = new Map<string, number>();
  let gaveBack = true;
  try {
    for await (const batch of takeUntilEmpty(pubsub, bounds, (deadLetter) => !held.has(deadLetter))) {
      for (const deadLetter of batch) {
        if (!held.has(deadLetter)) {
          if (held.size === 0) write(row('SOURCE SUBSCRIPTION', 'ATTEMPTS', 'AGE', 'WEBHOOK ID'));
          const source = printable(deadLetter.source.subscription ?? 'unknown');
          bySource.set(source, (bySource.get(source) ?? 0) + 1);
          write(describe(source, deadLetter, now));
        }
        held.keep(deadLetter);
      }
    }
  } finally {
    gaveBack = await held.giveBack(pubsub);
  }
  return { total: held.size, bySource, gaveBack };
}

/** How long something lasted, in its two largest units: `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

function describe(source: string, deadLetter: DeadLetter, now: Date): string {
  const since = deadLetter.source.publishedAt ?? deadLetter.publishedAt;
  const age = duration(now.getTime() - since.getTime());
  return row(source, printable(deadLetter.source.attempts ?? '?'), age, printable(nameOf(deadLetter)));
}

function row(source: string, attempts: string, age: string, name: string): string {
  return `${source.padEnd(32)}  ${attempts.padStart(8)}  ${age.padStart(12)}  ${name}`;
}

/** Attributes are whatever a publisher put there, and this goes to a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
