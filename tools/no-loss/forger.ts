import { newId, type Signing, sign } from '../events/sign.ts';
import type { Call } from './client.ts';
import { FORGED, type PlannedEvent } from './event-plan.ts';
import { FIRST_SECRET_RETIRED_MS } from './rotation.ts';
import type { Simulation } from './simulation.ts';

/** What it may be answered with: refused, or undecided while there is no secret. */
const REFUSALS = new Set([401, 404, 405, 415, 503]);
const OTHER_SECRET = 'whsec_b3RoZXIgc2VjcmV0IG9mIDI0IGJ5dGVz';
const REPLAY_AFTER_MS = 600_000;

type Forgery = Omit<Call, 'target' | 'name'>;

/** Sent once the secret that it is signed with is retired. */
const RETIRED = 'a retired secret';

/** Ways to send what the sender did not send. */
const FORGERIES: Readonly<Record<string, (given: Given) => Forgery>> = {
  'no signature': ({ forged }) => ({ headers: { 'content-type': 'application/json' }, body: forged }),
  'another secret': ({ forged, signed }) => signed(forged, { secret: OTHER_SECRET }),
  [RETIRED]: ({ forged, signed, retired }) => signed(forged, { secret: retired }),
  'body changed': ({ body, forged, signed }) => ({ ...signed(body), body: forged }),
  'id changed': ({ body, signed }) => withHeader(signed(body), 'webhook-id', newId()),
  'timestamp changed': ({ body, signed, timestamp }) =>
    withHeader(signed(body), 'webhook-timestamp', String(timestamp + 1)),
  'too old': ({ forged, signed, timestamp, skew }) => signed(forged, { timestamp: timestamp - 301 - skew }),
  // Beyond what the virtual clock may move by while the request is on its way.
  'from the future': ({ forged, signed, timestamp, skew }) => signed(forged, { timestamp: timestamp + 600 + skew }),
  compressed: ({ forged, signed }) => withHeader(signed(forged), 'content-encoding', 'gzip'),
  'another path': ({ forged, signed }) => ({ ...signed(forged), path: '/' }),
  'another method': ({ forged, signed }) => ({ ...signed(forged), method: 'PUT' }),
};
const NAMES = Object.keys(FORGERIES);

function withHeader(forgery: Forgery, name: string, value: string): Forgery {
  return { ...forgery, headers: { ...forgery.headers, [name]: value } };
}

/** Sends a forgery made from an event, or a copy of its request when that is too old. */
export function planForgery(simulation: Simulation, event: PlannedEvent, dueMs: number): void {
  const { scheduler, rng } = simulation;
  // One in as many is a copy.
  const name = NAMES[Math.floor(rng(`forgery/${event.id}`) * (NAMES.length + 1))];
  scheduler.add(name === RETIRED ? FIRST_SECRET_RETIRED_MS + dueMs : dueMs, async () => {
    const given = givenBy(simulation, event);
    const forge = FORGERIES[name ?? ''];
    if (name !== undefined && forge !== undefined) return send(simulation, name, forge(given));
    const copy = given.signed(event.body);
    scheduler.add(scheduler.now() + REPLAY_AFTER_MS, () => send(simulation, 'sent again after 10 minutes', copy));
  });
}

/** What a forgery is made from. */
type Given = ReturnType<typeof givenBy>;

function givenBy({ scheduler, rotation, rng }: Simulation, { id, body }: PlannedEvent) {
  const timestamp = Math.floor(scheduler.seconds());
  const [secret = ''] = rotation.signing;
  const [retired = ''] = rotation.secrets;
  return {
    body,
    /** The body with another incident id. */
    forged: body.replaceAll('01INCIDENT', FORGED).concat(' '),
    timestamp,
    /** Seconds, up to an hour. */
    skew: Math.floor(rng(`age/${id}`) * 3_600),
    retired,
    /** Signs as the sender does, apart from the changes. */
    signed: (text: string, changes?: Signing): Forgery => ({
      headers: sign(text, { secret, id, timestamp, ...changes }),
      body: text,
    }),
  };
}

async function send({ client, ledger, faults, webhook }: Simulation, name: string, forgery: Forgery): Promise<void> {
  const answer = await client.call({ target: webhook.inProcess, name: `a forgery (${name})`, ...forgery });
  faults.record('forgery', name);
  ledger.forgeryAnswers.set(answer, (ledger.forgeryAnswers.get(answer) ?? 0) + 1);
  if (typeof answer === 'number' && !REFUSALS.has(answer)) {
    ledger.violations.push(`a forgery (${name}) was answered with ${answer}`);
  }
}
