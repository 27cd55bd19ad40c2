import { findViolations, lostEvents } from './check.ts';
import { planEvent } from './event-plan.ts';
import type { Faults } from './faults.ts';
import { planForgery } from './forger.ts';
import type { Ledger } from './ledger.ts';
import { planOutages } from './outages.ts';
import { openSimulation, type Simulation, type SimulationOptions } from './simulation.ts';
import { sendEvent } from './svix.ts';

/** What to run. */
export interface RunOptions extends SimulationOptions {
  readonly events: number;
  /**
   * In place of the planned outages one of the database, from the first event until every message
   * is dead-lettered. Default false.
   */
  readonly withoutDatabase?: boolean;
  /** Called every thousand events with the number sent and what was found wrong so far. */
  readonly onProgress?: (sent: number, violations: readonly string[]) => void;
}

/** What a run found. */
export interface RunReport {
  readonly options: RunOptions;
  readonly ledger: Ledger;
  readonly faults: Faults;
  /** What must not be, in words. */
  readonly violations: readonly string[];
  /** Webhook ids of the events without their effect. */
  readonly lost: ReadonlySet<string>;
  readonly redriven: number;
  readonly virtualHours: number;
  readonly seconds: number;
}

/** Events arrive this far apart in virtual time. */
const INTERVAL_MS = 250;
const FORGERY_SHARE = 0.2;
const POISON_SHARE = 0.003;

/**
 * Sends the events through everything that can go wrong, waits until all is worked off, and checks
 * what came of it.
 */
export async function run(options: RunOptions): Promise<RunReport> {
  const startedAt = performance.now();
  const simulation = await openSimulation(options);
  const { ledger, faults, scheduler } = simulation;
  let redriven: number;
  try {
    if (options.withoutDatabase) simulation.outages.database = 'refusing';
    else planOutages(simulation, options.events, options.events * INTERVAL_MS, options.dist !== undefined);
    scheduler.add(0, () => sendFrom(0, simulation, options));
    await scheduler.work();
    redriven = await simulation.settle();
  } finally {
    await simulation.close();
  }
  return {
    options,
    ledger,
    faults,
    violations: findViolations(ledger),
    lost: lostEvents(ledger),
    redriven,
    virtualHours: scheduler.now() / 3_600_000,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** Sends the event with this number, with what goes with it, and plans the next one. */
function sendFrom(number: number, simulation: Simulation, options: RunOptions): Promise<void> {
  const { scheduler, rng, ledger } = simulation;
  const dueMs = number * INTERVAL_MS;
  if (number + 1 < options.events) scheduler.add(dueMs + INTERVAL_MS, () => sendFrom(number + 1, simulation, options));
  const event = planEvent(number, rng);
  if (rng(`forge/${number}`) < FORGERY_SHARE) planForgery(simulation, event, dueMs);
  if (rng(`poison/${number}`) < POISON_SHARE) simulation.publishPoison(number);
  if (number % 1_000 === 999) options.onProgress?.(number + 1, ledger.violations);
  return sendEvent(simulation, event);
}
