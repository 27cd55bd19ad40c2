import type { IncomingMessage } from 'node:http';
import type { Interceptor } from '../../shared/intercept.ts';
import { readBody } from '../../shared/read-body.ts';
import { keep } from '../../shared/received.ts';
import { Refusal } from './refusal.ts';
import type { Responder } from './respond.ts';

/** The one path of this function; compared as it came, without any tolerance. */
export const PATH = '/webhooks/incident/lead';
/** incident.io's bodies are some kilobytes. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** From the request's start until its body has to be complete. */
export const BODY_TIMEOUT_MS = 5_000;

/**
 * Decides on route, method, encoding and size, and reads the body, before functions-framework sees the request:
 * it would inflate a 316-byte bomb to 463 MB, and log 10,000 characters of any body that is no JSON.
 */
export function createGuard({ refuse }: Responder, bodyTimeoutMs: number = BODY_TIMEOUT_MS): Interceptor {
  return (req, res, next) => {
    const startedAt = performance.now();
    const at = new Date();
    const fault = refusalOf(req);
    if (fault !== undefined) return refuse(req, res, startedAt, fault);
    readBody(req, MAX_BODY_BYTES, bodyTimeoutMs)
      .then((body) => {
        if (typeof body === 'string') return refuse(req, res, startedAt, new Refusal(body));
        keep(req, { body, startedAt, at });
        return next();
      })
      .catch((error: unknown) => refuse(req, res, startedAt, error));
  };
}

function refusalOf(req: IncomingMessage): Refusal | undefined {
  const [path] = (req.url ?? '').split('?', 1);
  if (path !== PATH) return new Refusal('not_found');
  if (req.method !== 'POST') return new Refusal('method');
  const encoding = req.headers['content-encoding'] || 'identity';
  if (encoding.toLowerCase() !== 'identity') return new Refusal('content_encoding');
  return undefined;
}
