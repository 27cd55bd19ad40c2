import type { Deadline } from '../../shared/deadline.ts';

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
  text: 'select slack_id, email, roles from alaner_directory where slack_id = any($1::text[])',
};

/**
 * Finds alaners by Slack id, all of them in one round trip.
 * @param slackIds letters and digits only; asked for once each, and bound, never put into the statement.
 */
export async function findAlaners(query: Query, slackIds: readonly string[], deadline: Deadline): Promise<Alaner[]> {
  if (slackIds.length === 0) return [];
  const rows = await query({ ...FIND_ALANERS, values: [[...new Set(slackIds)]] }, deadline);
  return rows.map(toAlaner);
}

function toAlaner(row: unknown): Alaner {
  const { slack_id: slackId, email, roles } = row as Record<string, unknown>;
  if (typeof slackId !== 'string' || typeof email !== 'string')
    throw new Error('alaner_directory gave a row without slack_id or email');
  return { slackId, email, roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [] };
}
