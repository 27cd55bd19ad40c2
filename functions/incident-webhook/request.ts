import type { IncomingMessage } from 'node:http';
import { readBody } from '../../shared/read-body.ts';
import { Refusal } from './outcomes.ts';

/** The one path of this function; compared as it came, without any tolerance. */
export const PATH = '/webhooks/incident/lead';
/** incident.io's bodies are some kilobytes. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** From the request's start until its body has to be complete. */
export const BODY_TIMEOUT_MS = 5_000;

/**
 * Decides on route, method, encoding and size, and reads the body. Nothing is inflated or parsed.
 * @throws Refusal for the first of them that is wrong.
 */
export async function readGuarded(req: IncomingMessage, timeoutMs: number): Promise<Buffer> {
  const [path] = (req.url ?? '').split('?', 1);
  if (path !== PATH) throw new Refusal('not_found');
  if (req.method !== 'POST') throw new Refusal('method');
  const encoding = req.headers['content-encoding'] || 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new Refusal('content_encoding');
  const body = await readBody(req, MAX_BODY_BYTES, timeoutMs);
  if (typeof body === 'string') throw new Refusal(body);
  return body;
}
