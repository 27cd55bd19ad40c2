import { createApp as createLeadApp } from '../../functions/incident-lead/app.ts';
import { createApp as createWebhookApp } from '../../functions/incident-webhook/app.ts';
import type { LocalPostgres } from '../services/postgres/postgres.ts';
import { startFairClock } from './client.ts';
import { createFaults, type Severity, seededRng } from './faults.ts';
import { Ledger } from './ledger.ts';
import { planRotations } from './rotation.ts';
import { createScheduler } from './scheduler.ts';

/** The composition roots of both functions, as they ship. */
export const SHIPPED = { createWebhookApp, createLeadApp };

/** Full names on the emulators. */
export const NAMES = {
  topic: 'projects/p/topics/incident-events',
  subscription: 'projects/p/subscriptions/incident-lead',
  deadLetterTopic: 'projects/p/topics/dead-letters',
  deadLetterSubscription: 'projects/p/subscriptions/dead-letters',
};

/** What to run. */
export interface RunOptions {
  readonly events: number;
  readonly seed: number;
  readonly postgres: LocalPostgres;
  /** Factor on all time limits of the functions in this process; 1 is production. */
  readonly scale: number;
  /** When an answer of theirs is late; not scaled, since a machine may have other things to do. */
  readonly answerMs: number;
  /** Default: as the weights of each kind of fault say. */
  readonly severity?: Severity;
  /** Events, retries and forgeries under way at once. Default 64. */
  readonly concurrency?: number;
  /** The folder with the built functions; without it no real process takes part. */
  readonly dist?: string | undefined;
  /** Default: as they ship. */
  readonly apps?: typeof SHIPPED;
  /**
   * In place of the planned outages one of the database, from the first event until every message
   * is dead-lettered. Default false.
   */
  readonly withoutDatabase?: boolean;
  /** Called every thousand events with the number sent and what was found wrong so far. */
  readonly onProgress?: (sent: number, violations: readonly string[]) => void;
}

/** What all parts of a run share. */
export type Context = ReturnType<typeof createContext>;

/** Creates it for one run. */
export function createContext(options: RunOptions) {
  const rng = seededRng(options.seed);
  const faults = createFaults(rng, options.severity);
  const ledger = new Ledger();
  const scheduler = createScheduler(options.concurrency ?? 64);
  /** Plans what is counted like a fault. */
  const plan = (place: string, due: number, name: string, cause: () => unknown): void =>
    scheduler.add(due, () => {
      faults.record(place, name);
      cause();
    });
  return {
    ...{ options, rng, faults, ledger, scheduler, plan },
    rotation: planRotations((...planned) => plan('rotation', ...planned)),
    clock: startFairClock(),
    /** Ends a function in this process, as a container that dies, once it runs. */
    crash: { webhook() {}, lead() {} },
  };
}
