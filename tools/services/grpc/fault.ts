import { setTimeout as sleep } from 'node:timers/promises';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { Code, RpcError, toStatus } from './rpc-error.ts';

/**
 * A fault to inject: before the call takes effect, or, with `committed`, after it: the server has
 * done the work and the caller does not learn of it.
 */
export type InjectedFault = { committed?: boolean } & (
  | { fail: Code; details?: string }
  | { hang: true }
  | { delayMs: number; fail?: never; hang?: never }
);

/** A call about to be served: `R` maps the method names of a service to their request types. */
export type CallOf<R> = { [M in keyof R]: { method: M; request: R[M] } }[keyof R];

/** Asked once a call: returns the fault to inject, or nothing to let the call pass. */
export type Intercept<R> = (call: CallOf<R>) => InjectedFault | undefined | Promise<InjectedFault | undefined>;

/**
 * Carries out a fault: waits, never returns, or throws the code asked for.
 *
 * @throws RpcError with the injected code, or CANCELLED when `signal` ends the wait.
 */
export async function injectFault(fault: InjectedFault, signal: AbortSignal): Promise<void> {
  if ('fail' in fault && fault.fail !== undefined) {
    throw new RpcError(fault.fail, fault.details ?? `injected ${Code[fault.fail]}`);
  }
  const hang = 'hang' in fault && fault.hang;
  // 2^31 - 1 ms, the longest a timer can wait: 24 days, for ever as far as a test is concerned.
  const ms = hang ? 2 ** 31 - 1 : fault.delayMs;
  await sleep(ms, undefined, { signal }).catch(() => {
    throw new RpcError(Code.CANCELLED, 'the caller gave up or the server closed');
  });
}

/**
 * What a unary method does: the answer, or a throw. The signal aborts when the caller gives up or
 * the server closes.
 */
export type Handle<Request, Response> = (request: Request, signal: AbortSignal) => Response | Promise<Response>;

/** Wraps a method as grpc-js wants it, with the faults around it; `closing` aborts when the server closes. */
export function unary<Request, Response>(
  handle: Handle<Request, Response>,
  faultFor: (request: Request) => InjectedFault | undefined | Promise<InjectedFault | undefined>,
  closing: AbortSignal,
): handleUnaryCall<Request, Response> {
  async function answer(request: Request, signal: AbortSignal): Promise<Response> {
    const fault = await faultFor(request);
    if (fault && !fault.committed) await injectFault(fault, signal);
    const response = await handle(request, signal);
    if (fault?.committed) await injectFault(fault, signal);
    return response;
  }
  return (call, callback) => {
    const cancelled = new AbortController();
    call.on('cancelled', () => cancelled.abort());
    answer(call.request, AbortSignal.any([closing, cancelled.signal])).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toStatus(error)),
    );
  };
}
