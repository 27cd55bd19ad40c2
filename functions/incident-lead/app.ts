import { ConfigurationError, readLeadConfig, readLogConfig } from '../../shared/config.ts';
import { createLog, type Log } from '../../shared/log.ts';
import { createFindAlaners } from './directory.ts';
import { createHandler, type Directory } from './handler.ts';
import { DatabaseUnavailable } from './postgres/errors.ts';
import { createDatabase } from './postgres/pool.ts';

/** Composition root of the subscriber function: configuration, database, handler. */
export function wire(): ReturnType<typeof createHandler> {
  const log = createLog(readLogConfig());
  return createHandler(openDirectory(log), log);
}

function openDirectory(log: Log): Directory {
  try {
    const { query, connect } = createDatabase(readLeadConfig(), (reason) =>
      log({ level: 'warn', message: `An idle database connection died (${reason}).`, metadata: { reason } }),
    );
    // Ahead of the first request; what fails here is tried again, and reported, by the request that needs it.
    connect().catch(() => {});
    return { assertConfigured: () => {}, findAlaners: createFindAlaners(query) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    log({
      level: 'error',
      message: error.message,
      metadata: { outcome: 'database_unavailable', reason: 'configuration' },
    });
    const refuse = () => {
      throw new DatabaseUnavailable('configuration', 'the configuration is wrong');
    };
    return { assertConfigured: refuse, findAlaners: async () => refuse() };
  }
}
