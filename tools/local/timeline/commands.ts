import { shellQuote } from '../../terminal/shell.ts';
import { LOCAL_FOLDER } from '../local-folder.ts';

/** The project that the functions are deployed to, unless somebody says otherwise. */
export const PROJECT = 'alan-eu-tools';

/** How to bring a subscriber's dead letters back: the end of a sentence, and the command on a line of its own. */
export type RedriveAdvice = (subscriber: string) => string;

/** What a redrive command needs besides its subscription. */
export interface RedriveOptions {
  readonly project?: string;
  /** `host:port` of the emulator that holds the dead letters; without it they are in the real project. */
  readonly emulatorHost?: string | undefined;
  readonly dryRun?: boolean;
}

/** The command that moves a subscriber's dead letters back to the topic. */
export function redriveCommand(
  subscriber: string,
  { project = PROJECT, emulatorHost, dryRun = false }: RedriveOptions = {},
): string {
  const environment = emulatorHost === undefined ? '' : `PUBSUB_EMULATOR_HOST=${shellQuote(emulatorHost)} `;
  const options = [
    ['--project', project],
    ['--subscription', `${subscriber}-dead-letter`],
    ['--topic', 'incident-events'],
  ].map(([name, value]) => `${name} ${shellQuote(value ?? '')}`);
  return `${environment}npm run redrive -- ${options.join(' ')}${dryRun ? ' --dry-run' : ''}`;
}

/** The command that tells what became of an event. */
export function storyCommand(id: string, folder: string): string {
  return npmCommand('run story', folder, `${id.startsWith('-') ? '-- ' : ''}${shellQuote(id)}`);
}

/**
 * The command that sends an event, with options of `npm run send`, to the local system that keeps
 * its files in a folder.
 */
export function sendCommand(folder: string, options = ''): string {
  return npmCommand('run send', folder, options);
}

/**
 * How to bring a local system's dead letters back.
 * @param emulatorHost undefined where the system has ended: what its emulator held is gone.
 */
export function localRedriveAdvice(emulatorHost: string | undefined, folder: string): RedriveAdvice {
  if (emulatorHost !== undefined)
    return (subscriber) => `bring the message back:\n${redriveCommand(subscriber, { emulatorHost })}`;
  const again = `${npmCommand('start', folder)}\n${sendCommand(folder)}`;
  return () => `start the local system and send the event again, since its dead letters ended with it:\n${again}`;
}

function npmCommand(command: string, folder: string, options = ''): string {
  const folderOption = folder === LOCAL_FOLDER ? '' : `--folder ${shellQuote(folder)}`;
  const all = [folderOption, options].filter((part) => part !== '').join(' ');
  return `npm ${command}${all && ` -- ${all}`}`;
}
