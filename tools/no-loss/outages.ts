import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** How each part is out of order as a whole, now; undefined while it works. */
export interface Outages {
  pubsub?: GrpcOutage | undefined;
  secrets?: GrpcOutage | undefined;
  database?: DatabaseOutage | undefined;
}

/** A service that is called by gRPC. */
export type GrpcOutage = 'unavailable' | 'hanging' | 'denied';
/** `refusing` refuses new connections. */
export type DatabaseOutage = 'refusing' | 'silent' | 'slow';

/** All parts work. */
export const NO_OUTAGE: Outages = { pubsub: undefined, secrets: undefined, database: undefined };

/** What can be cut or ended as a whole. */
export interface Switches {
  readonly crashWebhook: () => void;
  readonly cutDatabase: () => void;
  readonly crashDatabase: () => void;
  /** A function process, if any runs. */
  readonly kill: (which: 'webhook' | 'lead', signal: 'SIGKILL' | 'SIGTERM') => void;
}

/** Parts of a cycle; no two outages overlap. */
const OUTAGES: readonly (readonly [name: string, from: number, to: number, outage: Outages])[] = [
  ['Pub/Sub unavailable', 0.12, 0.18, { pubsub: 'unavailable' }],
  ['Pub/Sub hanging', 0.25, 0.29, { pubsub: 'hanging' }],
  ['Pub/Sub denying', 0.31, 0.34, { pubsub: 'denied' }],
  ['Secret Manager unavailable', 0.38, 0.46, { secrets: 'unavailable' }],
  ['Secret Manager hanging', 0.48, 0.5, { secrets: 'hanging' }],
  ['Secret Manager denying', 0.52, 0.54, { secrets: 'denied' }],
  ['database refusing', 0.62, 0.68, { database: 'refusing' }],
  ['database silent', 0.7, 0.72, { database: 'silent' }],
  ['database slow', 0.74, 0.78, { database: 'slow' }],
];

type Blow = readonly [name: string, when: number, strike: (switches: Switches) => void];

const BLOWS: readonly Blow[] = [
  ['cold start without Secret Manager', 0.43, ({ crashWebhook }) => crashWebhook()],
  ['cold start, Secret Manager hanging', 0.49, ({ crashWebhook }) => crashWebhook()],
  ['all database connections cut', 0.82, ({ cutDatabase }) => cutDatabase()],
  ['PostgreSQL crashed and restarted', 0.86, ({ crashDatabase }) => crashDatabase()],
];

/** What befalls the function processes. */
const KILLS: readonly Blow[] = [
  ['kill -9 of the webhook process', 0.05, ({ kill }) => kill('webhook', 'SIGKILL')],
  ['SIGTERM to the webhook process', 0.58, ({ kill }) => kill('webhook', 'SIGTERM')],
  ['kill -9 of the lead process', 0.9, ({ kill }) => kill('lead', 'SIGKILL')],
  ['SIGTERM to the lead process', 0.95, ({ kill }) => kill('lead', 'SIGTERM')],
];

/** An outage is at most a twelfth of a run. */
const EVENTS_PER_CYCLE = 1_000;
const MAX_CYCLES = 12;

/** What the plan changes. */
export interface Planned {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly outages: Outages;
  readonly switches: Switches;
}

/**
 * Plans the outages of a run: the same cycle again and again, while `events` events are sent over
 * `durationMs` of virtual time.
 */
export function planOutages(
  { scheduler, faults, outages, switches }: Planned,
  events: number,
  durationMs: number,
  withProcesses: boolean,
): void {
  const cycles = Math.min(Math.max(Math.round(events / EVENTS_PER_CYCLE), 1), MAX_CYCLES);
  const cycleMs = durationMs / cycles;
  const blows = withProcesses ? [...BLOWS, ...KILLS] : BLOWS;
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (const [name, from, to, outage] of OUTAGES) {
      scheduler.add((cycle + from) * cycleMs, () => {
        faults.record('whole parts', name);
        Object.assign(outages, outage);
      });
      scheduler.add((cycle + to) * cycleMs, () => void Object.assign(outages, NO_OUTAGE));
    }
    for (const [name, when, strike] of blows) {
      scheduler.add((cycle + when) * cycleMs, () => {
        faults.record('whole parts', name);
        strike(switches);
      });
    }
  }
}
