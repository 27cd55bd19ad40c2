import pg from 'pg';
import { batch } from '../../../shared/batch.ts';
import type { Deadline } from '../../../shared/deadline.ts';
import type { LeadConfig } from '../config.ts';
import type { Alaners, Directory } from '../directory.ts';
import { MAX_EMAIL_LENGTH, type Row, rowsBySlackId, toAlaner } from '../rows.ts';
import { DatabaseFault } from './errors.ts';
import { openDatabase, type PoolLimits } from './pool.ts';
import { parseTextArray } from './text-array.ts';

const COLUMNS = 'slack_id,email,roles';
/** Values stay as the server wrote them: pg's parsers guess, and one of them needs gigabytes for a few bytes. */
const AS_TEXT = { getTypeParser: () => String };
/** Maximum of Slack ids in one round trip. */
const MAX_IDS = 1_000;

/**
 * The look-up. Every name is qualified, so that no other schema in `search_path` can replace the
 * view, a type or an operator. It is not a prepared statement, since a pooler may lose or keep
 * those.
 */
export function findAlanersSql(schema: string): string {
  const view = `${pg.escapeIdentifier(schema)}.alaner_directory`;
  return `select slack_id::pg_catalog.text as slack_id, pg_catalog.left(email::pg_catalog.text, ${MAX_EMAIL_LENGTH + 1}) as email, roles::pg_catalog.text[] as roles
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
      const statement: pg.QueryArrayConfig = { text, values: [[...slackIds]], rowMode: 'array', types: AS_TEXT };
      const rows = rowsBySlackId(readRows(await database.query(statement, deadline)), slackIds);
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

/** @throws DatabaseFault unless there is one result, of three columns as text. */
function readRows(result: pg.QueryArrayResult<unknown[]>): Row[] {
  // pg returns a list if the server sent several.
  if (Array.isArray(result)) throw new DatabaseFault('row', 'it returns several results');
  const { fields, rows, rowCount } = result;
  const asText = fields.every(({ format }) => format === 'text');
  if (fields.map(({ name }) => name).join() !== COLUMNS || !asText || rowCount !== rows.length) {
    throw new DatabaseFault('row', 'it does not return the columns slack_id, email and roles');
  }
  if (rows.some(({ length }) => length !== fields.length)) {
    throw new DatabaseFault('row', 'it returns a row that is not complete');
  }
  return rows.map(([slackId, email, roles]) => ({
    slack_id: slackId,
    email,
    roles: typeof roles === 'string' ? parseTextArray(roles) : roles,
  }));
}
