import { type Alaner, DirectoryUnavailable } from './directory.ts';

/** What a directory says of one alaner, unchecked: it may say anything. */
export interface Row {
  readonly slack_id: unknown;
  readonly email: unknown;
  readonly roles: unknown;
}

/** A local part of 64 characters, an at sign, a domain of 255 (RFC 5321, 4.5.3.1). */
export const MAX_EMAIL_LENGTH = 320;
const EMAIL = new RegExp(`^[^\\p{C}\\p{Z}]{1,${MAX_EMAIL_LENGTH}}$`, 'u');

/**
 * Groups rows by Slack id.
 * @param asked the Slack ids that were asked for.
 * @throws DirectoryUnavailable for a row under another one.
 */
export function rowsBySlackId(rows: readonly Row[], asked: ReadonlySet<string>): ReadonlyMap<string, readonly Row[]> {
  if (rows.some(({ slack_id: id }) => typeof id !== 'string' || !asked.has(id))) {
    throw badRow('a row with a Slack id that was not asked for');
  }
  return Map.groupBy(rows, ({ slack_id: id }) => String(id));
}

/**
 * Reads a row.
 * @throws DirectoryUnavailable if its e-mail address or roles are none.
 */
export function toAlaner({ slack_id: slackId, email, roles }: Row): Alaner {
  if (typeof email !== 'string' || !EMAIL.test(email)) throw badRow('an invalid e-mail address');
  const known = roles ?? [];
  if (!Array.isArray(known) || known.some((role) => role !== null && typeof role !== 'string')) {
    throw badRow('roles that are not a list of names');
  }
  return { slackId: String(slackId), email, roles: known.filter((role) => role !== null) };
}

function badRow(what: string): DirectoryUnavailable {
  return new DirectoryUnavailable('row', `it returns ${what}`);
}
