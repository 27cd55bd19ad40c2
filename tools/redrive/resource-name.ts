/** What a name on the command line refers to, as it stands in a full resource name. */
export type Collection = 'topics' | 'subscriptions';

/** Thrown where the command line is wrong; the message says what was expected and what came. */
export class UsageError extends Error {
  override name = 'UsageError';
}

// https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names
const ID = /^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/;
const FULL = /^projects\/([^/\s]+)\/(topics|subscriptions)\/(.+)$/;

/**
 * The full name `projects/P/topics/T` or `projects/P/subscriptions/S` of something given by its id
 * or by its full name.
 * @param project for an id; a full name brings its own.
 * @throws UsageError
 */
export function resourceName(collection: Collection, given: string, project: string | undefined): string {
  const option = collection === 'topics' ? '--topic' : '--subscription';
  const [, owner = project, kind = collection, id = given] = FULL.exec(given) ?? [];
  if (kind !== collection || !ID.test(id)) {
    throw new UsageError(
      `${option} expects an id such as my-name, or projects/PROJECT/${collection}/ID; got "${given}".`,
    );
  }
  if (owner === undefined || owner === '') {
    throw new UsageError(
      `${option} ${given} needs a project: give --project, or projects/PROJECT/${collection}/${id}.`,
    );
  }
  return `projects/${owner}/${collection}/${id}`;
}
