import type { Interceptor } from '../../shared/intercept.ts';
import { readBody } from '../../shared/read-body.ts';
import { keep } from '../../shared/received.ts';

/** A Pub/Sub message has at most 10 MB, which base64 turns into 13.4 MB, with attributes around it. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** From the request's start until its body has to be complete. */
export const BODY_TIMEOUT_MS = 5_000;

/**
 * Reads the body before functions-framework does, which would inflate it, and answer and log what is not JSON by itself.
 * What is wrong with the body is left to the handler: whoever may call this function at all gets the one answer for a bad message.
 */
export function createGuard(bodyTimeoutMs: number = BODY_TIMEOUT_MS): Interceptor {
  return (req, _res, next) => {
    const startedAt = performance.now();
    const at = new Date();
    void readBody(req, MAX_BODY_BYTES, bodyTimeoutMs).then((body) => {
      keep(req, { body, startedAt, at });
      next();
    });
  };
}
