import { type Command, InvalidArgumentError } from 'commander';
import { escapeControls } from '../../shared/escape-controls.ts';

/**
 * Reads the command line. A wrong one ends the process with exit code 2.
 * @param help what comes after the list of options.
 * @param hint what `--help` shows, for whoever got the command line wrong.
 */
export function readCommandLine(command: Command, help: string, hint: string): Command {
  return command
    .addHelpText('after', help)
    .showHelpAfterError(`(--help ${hint})`)
    .configureOutput({ outputError: (text, write) => write(`${escapeControls(text.trimEnd())}\n`) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
}

/** Makes what reads an option in seconds: more than 0 and up to `max`. */
export function secondsUpTo(max: number): (text: string) => number {
  return (text) => {
    const seconds = Number(text);
    if (seconds > 0 && seconds <= max) return seconds;
    throw new InvalidArgumentError(`Expected seconds, more than 0 and up to ${max}.`);
  };
}
