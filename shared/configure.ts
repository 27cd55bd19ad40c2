import { ConfigurationError } from './environment.ts';
import type { Log } from './log-line.ts';

/**
 * Reads a configuration. If it is wrong, one ERROR line names everything that is, and the function
 * answers 503.
 * @param outcome of the line.
 * @returns undefined if it is wrong.
 */
export function configure<Config>(read: () => Config, log: Log, outcome: string): Config | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    log({ level: 'error', message: error.message, metadata: { outcome, reason: 'configuration' } });
    return undefined;
  }
}
