import { crashPostgres } from '../services/postgres/postgres.ts';
import type { Simulation } from './simulation.ts';

/** From when to when in a cycle, what is out of order, and how; no two outages overlap. */
const OUTAGES = [
  ['Pub/Sub unavailable', 0.12, 0.18, 'publish', 'unavailable'],
  ['Pub/Sub hanging', 0.25, 0.29, 'publish', 'hanging'],
  ['Pub/Sub denying', 0.31, 0.34, 'publish', 'denied'],
  ['Secret Manager unavailable', 0.38, 0.46, 'secret', 'unavailable'],
  ['Secret Manager hanging', 0.48, 0.5, 'secret', 'hanging'],
  ['Secret Manager denying', 0.52, 0.54, 'secret', 'denied'],
  ['database refusing', 0.62, 0.68, 'database', 'refusing'],
  ['database silent', 0.7, 0.72, 'database', 'silent'],
  ['database slow', 0.74, 0.78, 'database', 'slow'],
] as const;

type Disruption = readonly [name: string, when: number, cause: (simulation: Simulation) => unknown];

const DISRUPTIONS: readonly Disruption[] = [
  ['cold start without Secret Manager', 0.43, ({ crash }) => crash.webhook()],
  ['cold start, Secret Manager hanging', 0.49, ({ crash }) => crash.webhook()],
  ['all database connections cut', 0.82, ({ database }) => database.cut()],
  ['PostgreSQL crashed and restarted', 0.86, ({ options }) => void crashPostgres(options.postgres).catch(() => {})],
];

/** Only if the function processes run. */
const KILLS: readonly Disruption[] = [
  ['kill -9 of the webhook process', 0.05, ({ webhook }) => webhook.kill('SIGKILL')],
  ['SIGTERM to the webhook process', 0.58, ({ webhook }) => webhook.kill('SIGTERM')],
  ['kill -9 of the lead process', 0.9, ({ lead }) => lead.kill('SIGKILL')],
  ['SIGTERM to the lead process', 0.95, ({ lead }) => lead.kill('SIGTERM')],
];

/** An outage is at most a twelfth of a run. */
const EVENTS_PER_CYCLE = 1_000;
const MAX_CYCLES = 12;

/**
 * Plans the outages of a run: the same cycle again and again over `durationMs` of virtual time, in
 * which the events are sent.
 */
export function planOutages(simulation: Simulation, durationMs: number): void {
  const { options, scheduler, faults, plan } = simulation;
  const cycles = Math.min(Math.max(Math.round(options.events / EVENTS_PER_CYCLE), 1), MAX_CYCLES);
  const disruptions = options.dist === undefined ? DISRUPTIONS : [...DISRUPTIONS, ...KILLS];
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const at = (when: number): number => ((cycle + when) * durationMs) / cycles;
    for (const [name, from, to, part, outage] of OUTAGES) {
      plan('whole parts', at(from), name, () => faults.outages.set(part, outage));
      scheduler.add(at(to), () => void faults.outages.delete(part));
    }
    for (const [name, when, cause] of disruptions) plan('whole parts', at(when), name, () => cause(simulation));
  }
}
