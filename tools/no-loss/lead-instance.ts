import { createFindAlaners } from '../../functions/incident-lead/directory.ts';
import { createHandler } from '../../functions/incident-lead/handler.ts';
import { createDatabase, poolSettings } from '../../functions/incident-lead/postgres/pool.ts';
import { createLog } from '../../shared/log.ts';
import { type Instance, startInstance } from './instance.ts';
import type { Mutant } from './mutants.ts';
import type { TimeLimits } from './time-scale.ts';

const POOL_MAX = 2;

/** The subscriber function in this process: the parts of `wire.ts`, on scaled limits. Its lines go to stdout. */
export function startLeadInstance(databaseUrl: string, limits: TimeLimits, mutant: Mutant): Promise<Instance> {
  const write = createLog({ level: 'debug', project: 'p', service: 'incident-lead', version: 'test' });
  return startInstance((isAlive) => {
    const log: typeof write = (line) => isAlive() && write(mutant.line(line));
    const { query } = createDatabase({ database: { kind: 'url', url: databaseUrl }, poolMax: POOL_MAX }, () => {}, {
      ...poolSettings(POOL_MAX),
      ...limits.database,
    });
    const directory = { assertConfigured: () => {}, findAlaners: createFindAlaners(mutant.query(query)) };
    const handler = createHandler(directory, log, limits.budgetMs);
    return (req, res) => void handler(req, res);
  });
}
