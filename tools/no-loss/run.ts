import { check } from './check.ts';
import { NAMES, type RunOptions } from './context.ts';
import { planEvent, poison } from './event-plan.ts';
import { sendForgery } from './forger.ts';
import { planOutages } from './outages.ts';
import { settle } from './settle.ts';
import { openSimulation, type Simulation } from './simulation.ts';
import { sendEvent } from './svix.ts';

/** What a run found, and how. */
export type RunReport = Awaited<ReturnType<typeof run>>;

/** Events arrive this far apart in virtual time. */
const INTERVAL_MS = 250;
const FORGERY_SHARE = 0.2;
const POISON_SHARE = 0.003;

/**
 * Sends the events while everything fails that can fail, waits until all messages are processed, and
 * checks the outcome.
 */
export async function run(options: RunOptions) {
  const startedAtMs = performance.now();
  const simulation = await openSimulation(options);
  const { ledger, scheduler, faults } = simulation;
  let redriven: number;
  try {
    if (options.withoutDatabase) faults.outages.set('database', 'refusing');
    else planOutages(simulation, options.events * INTERVAL_MS);
    scheduler.add(0, () => sendFrom(0, simulation));
    await scheduler.work();
    redriven = await settle(simulation);
  } finally {
    await simulation.close();
  }
  return { ...simulation, ...check(ledger), redriven, seconds: (performance.now() - startedAtMs) / 1000 };
}

/** Sends the event with this number and what goes with it, and plans the next one. */
function sendFrom(number: number, simulation: Simulation): Promise<void> {
  const { scheduler, rng, ledger, emulator, options } = simulation;
  const due = number * INTERVAL_MS;
  if (number + 1 < options.events) scheduler.add(due + INTERVAL_MS, () => sendFrom(number + 1, simulation));
  const event = planEvent(number, rng);
  if (rng(`forge/${number}`) < FORGERY_SHARE) scheduler.add(due, () => sendForgery(simulation, event));
  if (rng(`poison/${number}`) < POISON_SHARE) emulator.publish(NAMES.topic, poison(number));
  if (number % 1_000 === 999) options.onProgress?.(number + 1, ledger.violations);
  return sendEvent(simulation, ledger.plan(event));
}
