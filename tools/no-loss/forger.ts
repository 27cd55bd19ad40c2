import { newId, sign } from '../events/sign.ts';
import type { VirtualClock } from './clocks.ts';
import { FORGED, type PlannedEvent } from './event-plan.ts';
import type { Ledger } from './ledger.ts';
import type { Poster } from './post.ts';
import type { Rng } from './rng.ts';
import { FIRST_SECRET_RETIRED_MS, type Rotation } from './rotation.ts';
import type { Scheduler } from './scheduler.ts';
import type { Target } from './svix.ts';
import type { Tally } from './tally.ts';

/** What it may be answered with: refused, or undecided while there is no secret. */
const REFUSALS = new Set([401, 404, 405, 415, 503]);
const OTHER_SECRET = 'whsec_b3RoZXIgc2VjcmV0IG9mIDI0IGJ5dGVz';
const REPLAY_AFTER_MS = 600_000;

/** What the forger needs. */
export interface ForgerOptions {
  readonly scheduler: Scheduler;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly poster: Poster;
  readonly rotation: Rotation;
  /** A target on virtual time: what is stale there must be stale. */
  readonly target: () => Target;
}

interface Forgery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly path?: string;
  readonly method?: string;
}

type Forge = (
  event: PlannedEvent,
  given: { secret: string; retired: string; timestamp: number; rng: number },
) => Forgery;

const forgedBody = ({ body }: PlannedEvent): string => body.replaceAll('01INCIDENT', FORGED).concat(' ');

/** Sent when the secret it is signed with was good, but is no more. */
const RETIRED = 'a retired secret';

/** Ways to send what the sender did not send. */
const FORGERIES: Readonly<Record<string, Forge>> = {
  'no signature': (event) => ({ headers: { 'content-type': 'application/json' }, body: forgedBody(event) }),
  'another secret': (event, { timestamp }) => {
    const body = forgedBody(event);
    return { headers: sign(body, { secret: OTHER_SECRET, id: event.id, timestamp }), body };
  },
  [RETIRED]: (event, { retired, timestamp }) => {
    const body = forgedBody(event);
    return { headers: sign(body, { secret: retired, id: event.id, timestamp }), body };
  },
  'body changed': (event, { secret, timestamp }) => ({
    headers: sign(event.body, { secret, id: event.id, timestamp }),
    body: forgedBody(event),
  }),
  'id changed': (event, { secret, timestamp }) => ({
    headers: { ...sign(event.body, { secret, id: event.id, timestamp }), 'webhook-id': newId() },
    body: event.body,
  }),
  'timestamp changed': (event, { secret, timestamp }) => ({
    headers: { ...sign(event.body, { secret, id: event.id, timestamp }), 'webhook-timestamp': String(timestamp + 1) },
    body: event.body,
  }),
  'too old': (event, { secret, timestamp, rng }) => {
    const body = forgedBody(event);
    return { headers: sign(body, { secret, timestamp: timestamp - 301 - Math.floor(rng * 3_600) }), body };
  },
  'from the future': (event, { secret, timestamp, rng }) => {
    const body = forgedBody(event);
    // Beyond what the virtual clock may move by while the request is on its way.
    return { headers: sign(body, { secret, timestamp: timestamp + 600 + Math.floor(rng * 3_600) }), body };
  },
  compressed: (event, { secret, timestamp }) => {
    const body = forgedBody(event);
    return { headers: { ...sign(body, { secret, timestamp }), 'content-encoding': 'gzip' }, body };
  },
  'another path': (event, { secret, timestamp }) => {
    const body = forgedBody(event);
    return { headers: sign(body, { secret, timestamp }), body, path: '/' };
  },
  'another method': (event, { secret, timestamp }) => {
    const body = forgedBody(event);
    return { headers: sign(body, { secret, timestamp }), body, method: 'PUT' };
  },
};

/** Sends forgeries made from an event, and a copy of a real request after its time. */
export function createForger(options: ForgerOptions): { forge: (event: PlannedEvent, at: number) => void } {
  const { scheduler, clock, rng, tally, ledger, poster, rotation } = options;
  const names = Object.keys(FORGERIES);

  async function send(name: string, { headers, body, path, method = 'POST' }: Forgery): Promise<void> {
    const { url, senderMs } = options.target();
    const address = path === undefined ? url : new URL(path, url).href;
    const answer = await poster.post({ url: address, method, headers, body, timeoutMs: senderMs });
    ledger.forgeries += 1;
    tally.injected('forgery', name);
    ledger.forgeryAnswers.set(answer, (ledger.forgeryAnswers.get(answer) ?? 0) + 1);
    if (typeof answer === 'number' && !REFUSALS.has(answer)) {
      ledger.violations.push(`a forgery (${name}) was answered with ${answer}`);
    }
  }

  return {
    forge(event, at) {
      const name = names[Math.floor(rng(`forgery/${event.id}`) * (names.length + 1))];
      scheduler.add(name === RETIRED ? FIRST_SECRET_RETIRED_MS + at : at, async () => {
        const timestamp = Math.floor(options.target().seconds());
        const [secret = ''] = rotation.signing();
        const [retired = ''] = rotation.secrets;
        if (name === undefined) {
          const copy = { headers: sign(event.body, { secret, id: event.id, timestamp }), body: event.body };
          scheduler.add(clock.now() + REPLAY_AFTER_MS, () => send('sent again after 10 minutes', copy));
          return;
        }
        const given = { secret, retired, timestamp, rng: rng(`age/${event.id}`) };
        const forgery = FORGERIES[name]?.(event, given);
        if (forgery !== undefined) await send(name, forgery);
      });
    },
  };
}
