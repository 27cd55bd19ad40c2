import type { InjectedFault, Intercept } from '../services/grpc/fault.ts';
import { Code } from '../services/grpc/rpc-error.ts';
import type { PubSubRequests } from '../services/pubsub/methods.ts';
import type { SecretManagerRequests } from '../services/secret-manager/secret-manager-server.ts';
import type { Context, GrpcOutage } from './context.ts';
import type { Fault } from './faults.ts';

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

const EFFECTS: Readonly<Record<keyof typeof PUBLISH | keyof typeof SECRET | GrpcOutage, InjectedFault>> = {
  unavailable: { fail: Code.UNAVAILABLE },
  denied: { fail: Code.PERMISSION_DENIED },
  'permission denied': { fail: Code.PERMISSION_DENIED },
  'not found': { fail: Code.NOT_FOUND },
  'resource exhausted': { fail: Code.RESOURCE_EXHAUSTED },
  hang: { hang: true },
  hanging: { hang: true },
  'confirmed late': { committed: true, delayMs: LATE_MS },
  slow: { delayMs: LATE_MS },
  'taken, answered with an error': { committed: true, fail: Code.PERMISSION_DENIED },
  'taken, never confirmed': { committed: true, hang: true },
  'crash before': { fail: Code.UNAVAILABLE },
  'crash after': { committed: true, hang: true },
};

/** Faults around `Publish`: the first message of a batch decides, and its n-th time. */
export function publishFaults(context: Context): Intercept<PubSubRequests> {
  const times = new Map<string, number>();
  return (call) => {
    if (call.method !== 'Publish') return undefined;
    const webhookId = call.request.messages[0]?.attributes?.['webhookId'] ?? '';
    const time = (times.get(webhookId) ?? 0) + 1;
    times.set(webhookId, time);
    const met = { webhookId, outage: context.outages.pubsub };
    return carryOut(context, context.faults.draw('publish', `${webhookId}/${time}`, PUBLISH, met));
  };
}

/** Faults around the two calls of Secret Manager, by their number. */
export function secretFaults(context: Context): Intercept<SecretManagerRequests> {
  let calls = 0;
  return ({ method }) => {
    calls += 1;
    const place = method === 'ListSecretVersions' ? 'secret list' : 'secret access';
    const met = { outage: context.outages.secrets };
    return carryOut(context, context.faults.draw(place, String(calls), SECRET, met));
  };
}

function carryOut({ options, crash }: Context, fault: Fault<keyof typeof EFFECTS> | undefined) {
  if (fault === undefined) return undefined;
  if (fault.kind === 'crash before' || fault.kind === 'crash after') crash.webhook();
  const effect = EFFECTS[fault.kind];
  return 'delayMs' in effect ? { ...effect, delayMs: effect.delayMs * fault.amount * options.scale } : effect;
}
