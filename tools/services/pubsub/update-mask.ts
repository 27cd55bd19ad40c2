import { invalidArgument } from '../grpc/rpc-error.ts';
import { toSnakeCase } from './resource.ts';

/** `google.protobuf.FieldMask`. */
export interface FieldMask {
  paths: string[];
}

/**
 * The fields of a resource that an update names.
 *
 * @param given the resource as it was decoded, so that it has every field there is
 * @param immutable fields that cannot change, as the decoded resource spells them
 * @throws RpcError INVALID_ARGUMENT for an empty mask, an unknown field, or one that cannot change
 */
export function maskedFields<Resource extends object>(
  given: Resource,
  mask: FieldMask | null,
  immutable: readonly string[],
): Partial<Resource> {
  const paths = mask?.paths ?? [];
  if (paths.length === 0)
    throw invalidArgument('The update_mask must be set, and must contain a non-empty paths list.');
  const fields = new Map(Object.keys(given).map((field) => [toSnakeCase(field), field]));
  const changes = paths.map((path) => {
    const field = fields.get(path);
    if (field === undefined) throw invalidMask(`${path} is not a known field`);
    if (immutable.includes(field)) throw invalidMask(`the field ${path} is not mutable`);
    return [field, given[field as keyof Resource]];
  });
  return Object.fromEntries(changes);
}

function invalidMask(why: string): Error {
  return invalidArgument(`Invalid update_mask provided in the request: ${why}.`);
}
