import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { escapeControls } from '../../shared/escape-controls.ts';

/** What `npm start`, `npm run send` and `npm run story` share, unless they are given a `--folder`; git ignores it. */
export const LOCAL_FOLDER = join(import.meta.dirname, '..', '..', '.local');

/**
 * Adds to a command what all three have in common, and reads the command line. A wrong one ends
 * the process with exit code 2.
 * @param help what comes after the list of options.
 */
export function readCommandLine(command: Command, help: string): Command {
  return command
    .addOption(new Option('--folder <path>', 'where npm start keeps log and secret').default(LOCAL_FOLDER, '.local'))
    .addHelpText('after', help)
    .showHelpAfterError('(--help lists every option)')
    .configureOutput({ outputError: (text, write) => write(`${escapeControls(text.trimEnd())}\n`) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
}
