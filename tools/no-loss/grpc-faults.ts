import type { InjectedFault, Intercept } from '../services/grpc/fault.ts';
import { Code } from '../services/grpc/rpc-error.ts';
import type { PubSubRequests } from '../services/pubsub/methods.ts';
import type { SecretManagerRequests } from '../services/secret-manager/secret-manager-server.ts';
import type { Context } from './context.ts';

type Effect = (delayMs: number) => InjectedFault;
const UNAVAILABLE: Effect = () => ({ fail: Code.UNAVAILABLE });
const DENIED: Effect = () => ({ fail: Code.PERMISSION_DENIED });
const HANG: Effect = () => ({ hang: true });
const UNCONFIRMED: Effect = () => ({ committed: true, hang: true });

type Kinds = Readonly<Record<string, readonly [weight: number, longestMs: number, effect: Effect]>>;
const PUBLISH: Kinds = {
  unavailable: [0.022, 0, UNAVAILABLE],
  'permission denied': [0.01, 0, DENIED],
  'resource exhausted': [0.01, 0, () => ({ fail: Code.RESOURCE_EXHAUSTED })],
  hang: [0.013, 0, HANG],
  'confirmed late': [0.023, 3_000, (delayMs) => ({ committed: true, delayMs })],
  'taken, answered with an error': [0.01, 0, () => ({ committed: true, fail: Code.PERMISSION_DENIED })],
  'taken, never confirmed': [0.01, 0, UNCONFIRMED],
  'crash before': [0.001, 0, UNAVAILABLE],
  'crash after': [0.001, 0, UNCONFIRMED],
};
const SECRET: Kinds = {
  unavailable: [0.03, 0, UNAVAILABLE],
  'not found': [0.01, 0, () => ({ fail: Code.NOT_FOUND })],
  hang: [0.02, 0, HANG],
  slow: [0.03, 3_000, (delayMs) => ({ delayMs })],
  'crash before': [0.005, 0, UNAVAILABLE],
  'crash after': [0.005, 0, UNCONFIRMED],
};
const OUTAGES: Readonly<Record<string, Effect>> = { unavailable: UNAVAILABLE, hanging: HANG, denied: DENIED };

/** Faults around `Publish`: the first message of a batch decides, and its n-th time. */
export function publishFaults(context: Context): Intercept<PubSubRequests> {
  const times = new Map<string, number>();
  return (call) => {
    if (call.method !== 'Publish') return undefined;
    const webhookId = call.request.messages[0]?.attributes?.['webhookId'] ?? '';
    const time = (times.get(webhookId) ?? 0) + 1;
    times.set(webhookId, time);
    return draw(context, 'publish', `${webhookId}/${time}`, PUBLISH, webhookId);
  };
}

/** Faults around the two calls of Secret Manager, by their number. */
export function secretFaults(context: Context): Intercept<SecretManagerRequests> {
  let calls = 0;
  return ({ method }) => {
    calls += 1;
    return draw(context, method === 'ListSecretVersions' ? 'secret list' : 'secret access', String(calls), SECRET);
  };
}

function draw({ faults, options, crash }: Context, place: string, key: string, kinds: Kinds, webhookId?: string) {
  const { kind = '', delayMs } = faults.draw(place, key, kinds, webhookId);
  if (kind.startsWith('crash')) crash.webhook();
  const effect = kinds[kind]?.[2] ?? OUTAGES[kind];
  return effect?.(delayMs * options.scale);
}
