import { invalidArgument } from './rpc-error.ts';

/**
 * One page of a list, under a name of its own; its token says where the next page begins.
 *
 * @param most items on a page, and how many come where no size is asked for
 * @throws RpcError INVALID_ARGUMENT for a size or token that no earlier answer gave
 */
export function paginate(
  name: string,
  all: readonly unknown[],
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
  most = 1_000,
): object {
  const start = Number(pageToken);
  if (pageSize < 0 || !/^\d*$/.test(pageToken)) {
    throw invalidArgument(`Invalid page given (page_size=${pageSize}, page_token=${pageToken}).`);
  }
  const end = start + Math.min(pageSize || most, most);
  return { [name]: all.slice(start, end), nextPageToken: end < all.length ? String(end) : '' };
}
