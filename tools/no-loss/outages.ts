import type { DatabaseOutage } from './database-proxy.ts';
import type { Outage } from './grpc-faults.ts';
import type { Tally } from './tally.ts';

/** What can be switched off, cut or ended as a whole. */
export interface Switches {
  readonly setPubSub: (outage: Outage) => void;
  readonly setSecrets: (outage: Outage) => void;
  readonly setDatabase: (outage: DatabaseOutage) => void;
  readonly cutDatabase: () => void;
  readonly restartDatabase: () => void;
  readonly crashWebhook: () => void;
  readonly kill: (which: 'webhook' | 'lead', signal: 'SIGKILL' | 'SIGTERM') => void;
}

interface Action {
  readonly at: number;
  readonly run: (switches: Switches) => void;
}

/** Something that happens once, or lasts from one part of a cycle to another. */
type Entry = readonly [name: string, from: number, to: number | undefined, run: (on: boolean, s: Switches) => void];

const CYCLE: readonly Entry[] = [
  ['Pub/Sub unavailable', 0.12, 0.18, (on, s) => s.setPubSub(on ? 'unavailable' : undefined)],
  ['Pub/Sub hanging', 0.25, 0.29, (on, s) => s.setPubSub(on ? 'hanging' : undefined)],
  ['Pub/Sub denying', 0.31, 0.34, (on, s) => s.setPubSub(on ? 'denied' : undefined)],
  ['Secret Manager unavailable', 0.38, 0.46, (on, s) => s.setSecrets(on ? 'unavailable' : undefined)],
  ['cold start without Secret Manager', 0.43, undefined, (_, s) => s.crashWebhook()],
  ['Secret Manager hanging', 0.48, 0.5, (on, s) => s.setSecrets(on ? 'hanging' : undefined)],
  ['cold start, Secret Manager hanging', 0.49, undefined, (_, s) => s.crashWebhook()],
  ['Secret Manager denying', 0.52, 0.54, (on, s) => s.setSecrets(on ? 'denied' : undefined)],
  ['database refusing', 0.62, 0.68, (on, s) => s.setDatabase(on ? 'refusing' : undefined)],
  ['database silent', 0.7, 0.72, (on, s) => s.setDatabase(on ? 'silent' : undefined)],
  ['database slow', 0.74, 0.78, (on, s) => s.setDatabase(on ? 'slow' : undefined)],
  ['all database connections cut', 0.82, undefined, (_, s) => s.cutDatabase()],
  ['PostgreSQL crashed and restarted', 0.86, undefined, (_, s) => s.restartDatabase()],
];

/** What befalls the real processes. */
const KILLS: readonly Entry[] = [
  ['kill -9 of the webhook process', 0.05, undefined, (_, s) => s.kill('webhook', 'SIGKILL')],
  ['SIGTERM to the webhook process', 0.58, undefined, (_, s) => s.kill('webhook', 'SIGTERM')],
  ['kill -9 of the lead process', 0.9, undefined, (_, s) => s.kill('lead', 'SIGKILL')],
  ['SIGTERM to the lead process', 0.95, undefined, (_, s) => s.kill('lead', 'SIGTERM')],
];

/**
 * The outages of a run: the same cycle again and again over `durationMs` of virtual time.
 * @returns what to call whenever the virtual clock has moved.
 */
export function planOutages(
  durationMs: number,
  cycles: number,
  withProcesses: boolean,
  switches: Switches,
  tally: Tally,
): (now: number) => void {
  const length = durationMs / cycles;
  const actions: Action[] = Array.from({ length: cycles }, (_, cycle) =>
    (withProcesses ? [...CYCLE, ...KILLS] : CYCLE).flatMap(([name, from, to, run]) => {
      const begin: Action = {
        at: (cycle + from) * length,
        run: (s) => {
          tally.injected('whole parts', name);
          run(true, s);
        },
      };
      return to === undefined ? [begin] : [begin, { at: (cycle + to) * length, run: (s: Switches) => run(false, s) }];
    }),
  )
    .flat()
    .sort((a, b) => a.at - b.at);
  return (now) => {
    for (let next = actions[0]; next !== undefined && next.at <= now; next = actions[0]) {
      actions.shift();
      next.run(switches);
    }
  };
}
