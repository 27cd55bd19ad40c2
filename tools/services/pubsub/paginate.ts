import { invalidArgument } from '../grpc/rpc-error.ts';
import type { PageRequest } from './requests.ts';

const MAX_PAGE = 1_000;

/**
 * Cuts one page out of a list of names. The token is the last name of the page before, so that a resource created or
 * deleted in between moves no other.
 *
 * @throws RpcError INVALID_ARGUMENT for a size or token that no earlier answer gave
 */
export function paginate(
  names: readonly string[],
  { pageSize, pageToken }: PageRequest,
): { items: string[]; nextPageToken: string } {
  if (pageSize < 0) throw invalidArgument(`Invalid page size given (page_size=${pageSize}).`);
  const after = Buffer.from(pageToken, 'base64url').toString();
  if (pageToken !== '' && !after.startsWith('projects/')) {
    throw invalidArgument(`Invalid page token given (page_token=${pageToken}).`);
  }
  const rest = names.filter((name) => name > after).sort();
  const items = rest.slice(0, Math.min(pageSize || MAX_PAGE, MAX_PAGE));
  const last = rest.length > items.length ? (items.at(-1) ?? '') : '';
  return { items, nextPageToken: Buffer.from(last).toString('base64url') };
}
