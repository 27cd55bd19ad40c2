/** The hops of an event, in their order; a `notice` belongs to no event. */
const HOP_NAMES = ['received', 'verified', 'published', 'delivered', 'decided', 'notice'] as const;
export type HopName = (typeof HOP_NAMES)[number];

/** The event of what belongs to none. */
export const NOTICES = 'Notices';

/**
 * How a hop went: `done` and on to the next; `skipped`: a filter kept the message from this
 * subscriber; `ended` as it should, with nothing more to come; `warning`: ended, but somebody
 * should look at it; `stopped` by a fault; `alert`: the line that the whole system is for.
 */
export type State = 'done' | 'skipped' | 'ended' | 'warning' | 'stopped' | 'alert';

/** One hop of one event; one line of the event log. Control characters in its texts are escaped. */
export interface Hop {
  /** RFC 3339. */
  readonly at: string;
  /** Nothing tells when exactly it was: not before `at`, nor after the hop that follows. */
  readonly untimed?: true;
  /** The same for all hops of an event: its webhook id, or a name for it if it has none. */
  readonly event: string;
  readonly webhookId?: string | undefined;
  readonly incidentId?: string | undefined;
  readonly name: HopName;
  readonly state: State;
  readonly text: string;
  /** A refusal's reason, an outcome of the subscriber, or how a delivery ended. */
  readonly reason?: string | undefined;
  /** Whose delivery it is part of, and which one; undefined before the topic. */
  readonly subscription?: string | undefined;
  readonly delivery?: string | undefined;
}

/** Hops by time; those of the same millisecond in the order of an event. */
export function sortHops(hops: readonly Hop[]): Hop[] {
  const rank = ({ name }: Hop): number => HOP_NAMES.indexOf(name);
  return hops.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || rank(a) - rank(b));
}
