import type { InjectedFault, Intercept } from '../services/grpc/fault.ts';
import { Code } from '../services/grpc/rpc-error.ts';
import type { PubSubRequests } from '../services/pubsub/requests.ts';
import type { SecretManagerRequests } from '../services/secret-manager/secret-manager-server.ts';
import type { InjectFault } from './fault-injector.ts';
import type { Rng } from './rng.ts';
import type { Tally } from './tally.ts';

/** A part that is out of order as a whole, apart from single faults; undefined while it works. */
export type Outage = 'unavailable' | 'hanging' | 'denied' | undefined;

/** What the interceptors need. */
export interface GrpcFaults {
  readonly rng: Rng;
  readonly injectFault: InjectFault;
  readonly tally: Tally;
  /** Factor on delays. */
  readonly scale: number;
  readonly crash: () => void;
  readonly outage: () => Outage;
}

const PUBLISH = {
  unavailable: 0.022,
  'permission denied': 0.01,
  'resource exhausted': 0.01,
  hang: 0.013,
  'confirmed late': 0.023,
  'taken, answered with an error': 0.01,
  'taken, never confirmed': 0.01,
  'crash before': 0.001,
  'crash after': 0.001,
};
const SECRET = {
  unavailable: 0.03,
  'not found': 0.01,
  hang: 0.02,
  slow: 0.03,
  'crash before': 0.005,
  'crash after': 0.005,
};
const LATE_MS = 3_000;

/** Faults around `Publish`: the first message of a batch decides, and its n-th time. */
export function publishFaults(given: GrpcFaults): Intercept<PubSubRequests> {
  const times = new Map<string, number>();
  return (call) => {
    if (call.method !== 'Publish') return undefined;
    given.tally.step('publish');
    const id = call.request.messages[0]?.attributes?.['webhookId'] ?? '';
    const outage = duringOutage(given, 'publish', id);
    if (outage !== undefined) return outage;
    const time = (times.get(id) ?? 0) + 1;
    times.set(id, time);
    const fault = given.injectFault(`publish/${id}/${time}`, PUBLISH);
    if (fault === undefined) return undefined;
    given.tally.injected('publish', fault, id);
    return carryOut(given, fault, given.rng(`late/${id}/${time}`));
  };
}

/** Faults around the two calls of Secret Manager, by their number. */
export function secretFaults(given: GrpcFaults): Intercept<SecretManagerRequests> {
  let calls = 0;
  return ({ method }) => {
    const where = method === 'ListSecretVersions' ? 'secret list' : 'secret access';
    calls += 1;
    given.tally.step(where);
    const outage = duringOutage(given, where);
    if (outage !== undefined) return outage;
    const fault = given.injectFault(`${where}/${calls}`, SECRET);
    if (fault === undefined) return undefined;
    given.tally.injected(where, fault);
    return carryOut(given, fault, given.rng(`slow/${calls}`));
  };
}

function duringOutage({ outage, tally }: GrpcFaults, where: string, id?: string): InjectedFault | undefined {
  const kind = outage();
  if (kind === undefined) return undefined;
  tally.injected(where, `outage: ${kind}`, id);
  if (kind === 'hanging') return { hang: true };
  return { fail: kind === 'denied' ? Code.PERMISSION_DENIED : Code.UNAVAILABLE };
}

function carryOut(
  { scale, crash }: GrpcFaults,
  fault: keyof typeof PUBLISH | keyof typeof SECRET,
  at: number,
): InjectedFault {
  switch (fault) {
    case 'unavailable':
      return { fail: Code.UNAVAILABLE };
    case 'permission denied':
      return { fail: Code.PERMISSION_DENIED };
    case 'not found':
      return { fail: Code.NOT_FOUND };
    case 'resource exhausted':
      return { fail: Code.RESOURCE_EXHAUSTED };
    case 'hang':
      return { hang: true };
    case 'confirmed late':
      return { committed: true, delayMs: at * LATE_MS * scale };
    case 'slow':
      return { delayMs: at * LATE_MS * scale };
    case 'taken, answered with an error':
      return { committed: true, fail: Code.PERMISSION_DENIED };
    case 'taken, never confirmed':
      return { committed: true, hang: true };
    case 'crash before':
      crash();
      return { fail: Code.UNAVAILABLE };
    case 'crash after':
      crash();
      return { committed: true, hang: true };
  }
}
