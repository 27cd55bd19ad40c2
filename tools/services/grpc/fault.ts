import { setTimeout as sleep } from 'node:timers/promises';
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Code, RpcError, toStatus } from './rpc-error.ts';

/**
 * A fault to inject: before the call takes effect, or, with `committed`, after it: the server has
 * done the work and the caller does not learn of it.
 */
export type InjectedFault = { committed?: boolean } & (
  | { fail: Code; details?: string; hang?: never }
  | { hang: true; fail?: never }
  | { delayMs: number; fail?: never; hang?: never }
);

/**
 * Asked once a call: returns the fault to inject, or nothing to let the call pass. `R` maps the method names of a
 * service to their request types.
 */
export type Intercept<R> = (
  call: { [M in keyof R]: { method: M; request: R[M] } }[keyof R],
) => InjectedFault | undefined;

/** The longest that a timer can wait: 24 days, for ever as far as a test is concerned. */
const FOR_EVER_MS = 2 ** 31 - 1;

/**
 * Carries out a fault: waits, never returns, or throws the code asked for.
 *
 * @throws RpcError with the injected code, or CANCELLED when `signal` ends the wait.
 */
export async function injectFault(fault: InjectedFault, signal: AbortSignal): Promise<void> {
  if (fault.fail !== undefined) throw new RpcError(fault.fail, fault.details ?? `injected ${Code[fault.fail]}`);
  await sleep(fault.hang ? FOR_EVER_MS : fault.delayMs, undefined, { signal }).catch(() => {
    throw new RpcError(Code.CANCELLED, 'the caller gave up or the server closed');
  });
}

/**
 * Unary methods as grpc-js wants them, with the faults around each.
 *
 * @param methods each returns the answer, or nothing for an empty one, or throws; its signal aborts when the caller or
 *   the server ends the call
 */
export function withFaults<R>(
  methods: { readonly [M in keyof R]: (request: R[M], signal: AbortSignal) => unknown },
  intercept: Intercept<R>,
): UntypedServiceImplementation {
  const served = (Object.keys(methods) as (keyof R & string)[]).map((method) => {
    const serve: handleUnaryCall<R[typeof method], unknown> = async (call, callback) => {
      const { request } = call;
      const over = new AbortController();
      call.on('cancelled', () => over.abort());
      try {
        const fault = intercept({ method, request });
        if (fault && !fault.committed) await injectFault(fault, over.signal);
        const response = await methods[method](request, over.signal);
        if (fault?.committed) await injectFault(fault, over.signal);
        callback(null, response ?? {});
      } catch (error) {
        callback(toStatus(error));
      }
    };
    return [method, serve];
  });
  return Object.fromEntries(served);
}
