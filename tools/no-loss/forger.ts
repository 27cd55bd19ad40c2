import { newId, type Signing, sign } from '../events/sign.ts';
import { type Call, call } from './client.ts';
import { FORGED, type PlannedEvent } from './event-plan.ts';
import { FIRST_SECRET_RETIRED_MS } from './rotation.ts';
import type { Simulation } from './simulation.ts';

/** What it may be answered with: refused, or undecided while there is no secret. */
const REFUSALS = new Set([401, 404, 405, 415, 503]);
const OTHER_SECRET = 'whsec_b3RoZXIgc2VjcmV0IG9mIDI0IGJ5dGVz';
/** Sent once the secret that it is signed with is retired. */
const RETIRED = 'a retired secret';

type Forgery = Omit<Call, 'target' | 'name'>;

/** Sends a forgery made from an event, or a copy of its request when that is too old. */
export async function sendForgery(simulation: Simulation, event: PlannedEvent): Promise<void> {
  const { scheduler, rng, ledger, faults, webhook } = simulation;
  const forgeries = Object.entries(forgeriesOf(simulation, event));
  const [name, forge] = forgeries[Math.floor(rng(`forgery/${event.id}`) * forgeries.length)] ?? [];
  if (name === undefined || forge === undefined) return;
  if (name === RETIRED && scheduler.now() < FIRST_SECRET_RETIRED_MS) {
    scheduler.add(FIRST_SECRET_RETIRED_MS + scheduler.now(), () => sendForgery(simulation, event));
    return;
  }
  const answer = await call(simulation, { target: webhook.inProcess, name: `a forgery (${name})`, ...forge() });
  faults.record('forgery', name);
  ledger.forgeryAnswers.set(answer, (ledger.forgeryAnswers.get(answer) ?? 0) + 1);
  if (typeof answer === 'number' && !REFUSALS.has(answer))
    ledger.violations.push(`a forgery (${name}) was answered with ${answer}`);
}

/** Ways to send what the sender did not send, at this moment. */
function forgeriesOf(
  { scheduler, rotation, rng }: Simulation,
  { id, body }: PlannedEvent,
): Record<string, () => Forgery> {
  const timestamp = Math.floor(scheduler.seconds());
  const [secret = ''] = rotation.signing;
  const [retired = ''] = rotation.secrets;
  /** Seconds, up to an hour. */
  const skew = Math.floor(rng(`age/${id}`) * 3_600);
  /** The body with another incident id. */
  const forged = body.replaceAll('01INCIDENT', FORGED).concat(' ');
  /** Signs as the sender does, apart from the changes. */
  const signed = (text: string, changes?: Signing, headers?: Call['headers']): Forgery => ({
    headers: { ...sign(text, { secret, id, timestamp, ...changes }), ...headers },
    body: text,
  });
  return {
    'no signature': () => ({ headers: { 'content-type': 'application/json' }, body: forged }),
    'another secret': () => signed(forged, { secret: OTHER_SECRET }),
    [RETIRED]: () => signed(forged, { secret: retired }),
    'body changed': () => ({ ...signed(body), body: forged }),
    'id changed': () => signed(body, {}, { 'webhook-id': newId() }),
    'timestamp changed': () => signed(body, {}, { 'webhook-timestamp': String(timestamp + 1) }),
    'too old': () => signed(forged, { timestamp: timestamp - 301 - skew }),
    // Beyond what the virtual clock may move by while the request is on its way.
    'from the future': () => signed(forged, { timestamp: timestamp + 600 + skew }),
    compressed: () => signed(forged, {}, { 'content-encoding': 'gzip' }),
    'another path': () => ({ ...signed(forged), path: '/' }),
    'another method': () => ({ ...signed(forged), method: 'PUT' }),
    'sent again after 10 minutes': () => signed(body, { timestamp: timestamp - 600 }),
  };
}
