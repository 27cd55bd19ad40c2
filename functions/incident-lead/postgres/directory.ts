import pg from 'pg';
import { batch } from '../../../shared/batch.ts';
import type { Deadline } from '../../../shared/deadline.ts';
import type { LeadConfig } from '../config.ts';
import type { Alaner, Alaners, Directory } from '../directory.ts';
import { DatabaseFault } from './errors.ts';
import { openDatabase, type PoolLimits } from './pool.ts';

/** One row, unchecked: the view may return anything. */
interface Row {
  readonly slack_id: unknown;
  readonly email: unknown;
  readonly roles: unknown;
}

const COLUMNS = 'slack_id,email,roles';
/** A local part of 64 characters, an at sign, a domain of 255 (RFC 5321, 4.5.3.1). */
const EMAIL = /^[^\p{C}\p{Z}]{1,320}$/u;
/** Maximum of Slack ids in one round trip. */
const MAX_IDS = 1_000;

/**
 * The look-up. Every name is qualified, so that no other schema in `search_path` can replace the
 * view, a type or an operator. It is not a prepared statement, since a pooler may lose or keep
 * those.
 */
export function findAlanersSql(schema: string): string {
  const view = `${pg.escapeIdentifier(schema)}.alaner_directory`;
  return `select slack_id::pg_catalog.text as slack_id, email::pg_catalog.text as email, roles::pg_catalog.text[] as roles
from ${view} where slack_id::pg_catalog.text operator(pg_catalog.=) any($1::pg_catalog.text[])`;
}

/**
 * Opens the alaner directory, and returns a function that connects it ahead of the first look-up.
 * @param onIdleError called when an unused connection dies.
 */
export function openDirectory(
  config: LeadConfig,
  limits: PoolLimits,
  onIdleError: (reason: string) => void,
): { directory: Directory; connect: () => Promise<void> } {
  const database = openDatabase(config, limits, onIdleError);
  const text = findAlanersSql(config.schema);
  const late = (): DatabaseFault => new DatabaseFault('deadline', 'the server did not answer in time');

  const find = batch<readonly string[], ReadonlyMap<string, readonly Row[]>>(
    async (lookUps, deadline) => {
      const slackIds = new Set(lookUps.flat());
      const result = await database.query({ text, values: [[...slackIds]] }, deadline);
      const rows = rowsBySlackId(result, slackIds);
      return lookUps.map(() => rows);
    },
    // Look-ups that arrive while all connections are busy wait and share the next round trip.
    { maxItems: MAX_IDS, maxSize: MAX_IDS, sizeOf: (slackIds) => slackIds.length, concurrency: config.poolMax },
  );

  async function findAlaners(slackIds: readonly string[], deadline: Deadline): Promise<Alaners> {
    const rows = await find(slackIds, deadline, late);
    // Checked here, so that a bad row fails only the look-ups that asked for it.
    return new Map(slackIds.map((slackId) => [slackId, (rows.get(slackId) ?? []).map(toAlaner)]));
  }

  return { directory: { find: findAlaners, wasReached: database.wasReached }, connect: database.connect };
}

function rowsBySlackId({ fields, rows, rowCount }: pg.QueryResult<Row>, asked: ReadonlySet<string>) {
  if (fields.map(({ name }) => name).join() !== COLUMNS || rowCount !== rows.length) {
    throw badRow('does not return the columns slack_id, email and roles');
  }
  if (rows.some(({ slack_id: id }) => typeof id !== 'string' || !asked.has(id))) {
    throw badRow('returns a row with a Slack id that was not asked for');
  }
  return Map.groupBy(rows, ({ slack_id: id }) => String(id));
}

function toAlaner({ slack_id: slackId, email, roles }: Row): Alaner {
  if (typeof email !== 'string' || !EMAIL.test(email)) throw badRow('returns an invalid e-mail address');
  const known = roles ?? [];
  if (!Array.isArray(known) || known.some((role) => role !== null && typeof role !== 'string')) {
    throw badRow('returns roles that are not a list of names');
  }
  return { slackId: String(slackId), email, roles: known.filter((role) => role !== null) };
}

function badRow(what: string): DatabaseFault {
  return new DatabaseFault('row', `the view ${what}`);
}
