import type { LocalPostgres } from '../services/postgres/postgres.ts';
import { type Apps, SHIPPED } from './apps.ts';
import { findViolations, lostEvents } from './check.ts';
import { planEvent } from './event-plan.ts';
import type { Severity } from './fault-injector.ts';
import { createForger } from './forger.ts';
import type { Ledger } from './ledger.ts';
import { planOutages } from './outages.ts';
import { createScheduler } from './scheduler.ts';
import { openSimulation } from './simulation.ts';
import { createSender } from './svix.ts';
import type { Tally } from './tally.ts';

/** What to run. */
export interface RunOptions {
  readonly events: number;
  readonly seed: number;
  readonly postgres: LocalPostgres;
  /** Factor on all time limits of the functions in this process. Default 0.1. */
  readonly scale?: number;
  /** Factors on the share of steps with a fault, a tenth. */
  readonly severity?: Severity;
  /** When an answer is late, for a machine that has other things to do; default: the scaled 8 s. */
  readonly answerMs?: number;
  /** Events, retries and forgeries under way at once. Default 64. */
  readonly concurrency?: number;
  /** The folder with the built functions; without it no real process takes part. */
  readonly dist?: string | undefined;
  /** Default: as they ship. */
  readonly apps?: Apps;
  /**
   * In place of the planned outages one of the database, from the first event until every message
   * is dead-lettered. Default false.
   */
  readonly withoutDatabase?: boolean;
  /** Called every thousand events with the number sent and what was found wrong so far. */
  readonly onProgress?: (done: number, violations: readonly string[]) => void;
}

/** What a run found. */
export interface RunReport {
  readonly options: RunOptions;
  readonly ledger: Ledger;
  readonly tally: Tally;
  /** What must not be, in words. */
  readonly violations: readonly string[];
  /** Webhook ids of the events without their effect. */
  readonly lost: ReadonlySet<string>;
  /** Kinds of faults that the run never met. */
  readonly missingFaults: readonly string[];
  readonly redriven: number;
  readonly crashes: number;
  /** Milliseconds from the end of a request's budget, when work on it stops, to the latest answer. */
  readonly latest: number;
  readonly virtualHours: number;
  readonly seconds: number;
}

/** Events arrive this far apart in virtual time. */
const INTERVAL_MS = 250;
/** A signature is good for 300 s; nothing under way may get older than this. */
const HORIZON_MS = 240_000;
const FORGERY_SHARE = 0.2;
const POISON_SHARE = 0.003;
/** An outage is at most a twelfth of a run. */
const EVENTS_PER_CYCLE = 1_000;
const MAX_CYCLES = 12;

/**
 * Sends the events through everything that can go wrong, waits until all is worked off, and checks
 * what came of it.
 */
export async function run(options: RunOptions): Promise<RunReport> {
  const startedAt = performance.now();
  const { events, apps = SHIPPED, concurrency = 64, scale = 0.1, severity = {}, withoutDatabase = false } = options;
  let onAdvance: (now: number) => void = () => {};
  const simulation = await openSimulation({ ...options, apps, scale, severity, onAdvance: (now) => onAdvance(now) });
  const { rng, clock, ledger, tally } = simulation;
  try {
    const cycles = Math.min(Math.max(Math.round(events / EVENTS_PER_CYCLE), 1), MAX_CYCLES);
    if (withoutDatabase) simulation.setDatabase('refusing');
    else onAdvance = planOutages(events * INTERVAL_MS, cycles, options.dist !== undefined, simulation, tally);
    const scheduler = createScheduler(clock, concurrency, HORIZON_MS);
    const sender = createSender({ ...simulation, scheduler });
    const forger = createForger({ ...simulation, scheduler, target: simulation.scaledTarget });
    for (let number = 0; number < events; number += 1) {
      const at = number * INTERVAL_MS;
      // Planned when it is due: a hundred thousand bodies at once would be half a gigabyte.
      scheduler.add(at, async () => {
        const event = planEvent(number, rng);
        sender.send(event, at);
        if (rng(`forge/${number}`) < FORGERY_SHARE) forger.forge(event, at);
        if (rng(`poison/${number}`) < POISON_SHARE) simulation.publishPoison(number);
        if (number % 1_000 === 999) options.onProgress?.(number + 1, ledger.violations);
      });
    }
    await scheduler.work();
    await simulation.workOff();
    const redriven = await simulation.settle();
    await simulation.close();
    return {
      options,
      ledger,
      tally,
      violations: findViolations(ledger),
      lost: lostEvents(ledger),
      missingFaults: simulation.missingFaults(),
      redriven,
      crashes: simulation.crashes(),
      latest: simulation.latest(),
      virtualHours: clock.now() / 3_600_000,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await simulation.close();
  }
}
