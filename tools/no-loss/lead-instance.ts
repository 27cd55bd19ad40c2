import { createLog } from '../../shared/log.ts';
import type { Log } from '../../shared/log-line.ts';
import type { Apps } from './apps.ts';
import { type Instance, startInstance } from './instance.ts';
import type { TimeLimits } from './time-scale.ts';

/** The subscriber function in this process, from its composition root, on scaled limits. Its lines go to stdout. */
export function startLeadInstance(databaseUrl: string, { lead }: TimeLimits, apps: Apps): Promise<Instance> {
  const write = createLog({ level: 'debug', project: 'p', service: 'incident-lead', version: 'test' });
  return startInstance((isAlive) => {
    const log: Log = (line) => isAlive() && write(line);
    return apps.createLeadApp({ env: { DATABASE_URL: databaseUrl }, limits: lead, log });
  });
}
