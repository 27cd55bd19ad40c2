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

/** So many characters tell one webhook id from the others. */
export const MIN_PREFIX = 8;

/** A hop before it is known which event it belongs to; its texts may hold anything. */
export type RawHop = Omit<Hop, 'event'>;

/** Hops by time; those of the same millisecond in the order of an event. */
export function sortHops(hops: readonly Hop[]): Hop[] {
  const rank = ({ name }: Hop): number => HOP_NAMES.indexOf(name);
  return hops.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || rank(a) - rank(b));
}

/** What the first hop says that says it. */
export function idOf(hops: readonly Hop[], kind: 'webhookId' | 'incidentId'): string | undefined {
  return hops.find((hop) => hop[kind] !== undefined)?.[kind];
}

/**
 * The events that a webhook id, the beginning of one, or an incident id stands for, oldest first.
 * Each has its hops in order, all deliveries of its message included.
 */
export function timelinesOf(hops: readonly Hop[], id: string): Hop[][] {
  const matches = ({ webhookId, incidentId }: Hop): boolean =>
    incidentId === id || webhookId === id || (id.length >= MIN_PREFIX && webhookId?.startsWith(id) === true);
  const events = [...Map.groupBy(hops, ({ event }) => event).values()];
  return events.filter((own) => own.some(matches)).map(sortHops);
}

/** True once nothing more is to come, other than a delivery after a pause. */
export function isOver(hops: readonly Hop[]): boolean {
  const last = hops.findLast(({ name }) => name === 'received' || name === 'verified' || name === 'published');
  if (last !== undefined && last.state !== 'done') return true;
  return hops.some(({ name }) => name === 'decided');
}

/**
 * The hops that say how an event stands: where the webhook has accepted or stopped it, and for each
 * subscriber what became of the latest delivery. What was repaired meanwhile is not among them.
 */
export function currentHops(hops: readonly Hop[]): Hop[] {
  return [...Map.groupBy(hops, ({ subscription = 'webhook' }) => subscription).values()].flatMap((own) => {
    const last = own.at(-1);
    const latest = own.filter((hop) => hop === last || (hop.delivery !== undefined && hop.delivery === last?.delivery));
    // The subscriber's own line, and that Pub/Sub gave up, say more than the status that Pub/Sub saw.
    const final = latest.filter(({ name, reason }) => name === 'decided' || reason === 'dead-lettered');
    return final.length > 0 ? final : latest;
  });
}
