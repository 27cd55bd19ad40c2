import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { readCommandLine } from '../terminal/command-line.ts';

/** What `npm start`, `npm run send` and `npm run story` share, unless they are given a `--folder`; git ignores it. */
export const LOCAL_FOLDER = join(import.meta.dirname, '..', '..', '.local');

/** Reads the command line of one of these three, which have that option in common. */
export function readLocalCommandLine(command: Command, help: string): Command {
  const folder = new Option('--folder <path>', 'where npm start keeps log and secret').default(LOCAL_FOLDER, '.local');
  return readCommandLine(command.addOption(folder), help, 'lists every option');
}
