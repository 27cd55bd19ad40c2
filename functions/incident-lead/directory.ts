import { gather } from '../../shared/batch.ts';
import type { Deadline } from '../../shared/deadline.ts';
import { DatabaseUnavailable } from './postgres/errors.ts';

/** An alaner as the directory shows them. */
export interface Alaner {
  readonly slackId: string;
  readonly email: string;
  readonly roles: readonly string[];
}

/**
 * Runs one statement on the database.
 * @throws where the database gives no rows, for whatever reason, by the deadline.
 */
export type Query = (
  statement: { name: string; text: string; values: unknown[] },
  deadline: Deadline,
) => Promise<readonly unknown[]>;

/** The look-up. `name` makes it a prepared statement: parsed and planned once for each connection. */
export const FIND_ALANERS = {
  name: 'find_alaners',
  // The cast: roles of another array type would come as text.
  text: 'select slack_id, email, roles::text[] as roles from alaner_directory where slack_id = any($1::text[])',
};

/** The alaners found, by Slack id; several under one id are a fault of the directory, which is for the caller to see. */
export type Alaners = ReadonlyMap<string, readonly Alaner[]>;

/** Finds at least the alaners with these Slack ids, all of them in one round trip. Throws as `Query` does. */
export type FindAlaners = (slackIds: readonly string[], deadline: Deadline) => Promise<Alaners>;

/** A row as it comes; what is in it is the view's business. */
type Row = Readonly<Record<'slack_id' | 'email' | 'roles', unknown>>;

interface LookUp {
  readonly slackIds: readonly string[];
  readonly deadline: Deadline;
}

const BATCH_LIMITS = { items: 100, size: 1_000, sizeOf: ({ slackIds }: LookUp) => slackIds.length };

/**
 * Look-ups over `query`; those of messages that arrive together share a round trip, and nothing else: each keeps its own deadline, and a row
 * that is not what the directory promises fails those alone who asked for it. Ids are bound, never put into the statement.
 */
export function createFindAlaners(query: Query): FindAlaners {
  const find = gather<LookUp, Map<unknown, Row[]>>(async (lookUps) => {
    const slackIds = new Set(lookUps.flatMap((lookUp) => lookUp.slackIds));
    const rows = (await query({ ...FIND_ALANERS, values: [[...slackIds]] }, longest(lookUps))) as Row[];
    const found = bySlackId(rows);
    return lookUps.map(() => found);
  }, BATCH_LIMITS);
  return async (slackIds, deadline) => {
    if (slackIds.length === 0) return new Map();
    const late = () => new DatabaseUnavailable('deadline', 'the server did not answer in time');
    const found = await deadline.race(find({ slackIds, deadline }), late);
    return new Map(slackIds.map((slackId) => [slackId, (found.get(slackId) ?? []).map(toAlaner)]));
  };
}

/** `Map.groupBy` would do this, but not on Node 20, which the bundle otherwise runs on. */
function bySlackId(rows: readonly Row[]): Map<unknown, Row[]> {
  const found = new Map<unknown, Row[]>();
  for (const row of rows) {
    const same = found.get(row.slack_id);
    if (same) same.push(row);
    else found.set(row.slack_id, [row]);
  }
  return found;
}

function longest(lookUps: readonly [LookUp, ...LookUp[]]): Deadline {
  return lookUps.map(({ deadline }) => deadline).reduce((a, b) => (a.remaining() >= b.remaining() ? a : b));
}

function toAlaner({ slack_id: slackId, email, roles }: Row): Alaner {
  if (typeof slackId !== 'string' || typeof email !== 'string')
    throw new DatabaseUnavailable('row', 'the view gives a row without slack_id or email');
  return { slackId, email, roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [] };
}
