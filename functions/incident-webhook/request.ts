import type { IncomingMessage } from 'node:http';
import { readBody } from '../../shared/read-body.ts';
import { Refusal } from './outcomes.ts';
import type { Route } from './route.ts';

/** incident.io's bodies are some kilobytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Checks route, method, encoding and size, and reads the body. Nothing is parsed.
 * @param bodyMs until the body must be complete.
 * @throws Refusal for the first check that fails.
 */
export async function readRequest(
  req: IncomingMessage,
  routes: readonly Route[],
  bodyMs: number,
): Promise<{ readonly route: Route; readonly body: Buffer }> {
  const [path] = (req.url ?? '').split('?', 1);
  const route = routes.find((candidate) => candidate.path === path);
  if (route === undefined) throw new Refusal('not_found');
  if (req.method !== 'POST') throw new Refusal('method');
  const body = await readBody(req, MAX_BODY_BYTES, bodyMs);
  if (typeof body === 'string') throw new Refusal(body);
  return { route, body };
}
