import type { IncomingMessage } from 'node:http';
import type { BodyFault } from './read-body.ts';

/** What a guard read of a request before functions-framework saw it. */
export interface Received<Body = Buffer> {
  readonly body: Body;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly at: Date;
}

const requests = new WeakMap<IncomingMessage, Received<Buffer | BodyFault>>();

/** Keeps what was read for the handler. */
export function keep(req: IncomingMessage, request: Received<Buffer | BodyFault>): void {
  requests.set(req, request);
}

/**
 * What was read of a request.
 * @throws where no guard stood in front of the handler: then nothing is known of the bytes, and nothing may be done with them.
 */
export function received(req: IncomingMessage): Received<Buffer | BodyFault> {
  const request = requests.get(req);
  if (request === undefined) throw new Error('the request did not pass a guard');
  return request;
}
