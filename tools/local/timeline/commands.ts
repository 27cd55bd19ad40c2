import { shellQuote } from '../../terminal/shell.ts';
import { LOCAL_FOLDER } from '../system/local-folder.ts';

/** The project that the functions are deployed to, unless somebody says otherwise. */
export const PROJECT = 'alan-eu-tools';

/** How to bring a subscriber's dead letters back: the end of a sentence, and the command on a line of its own. */
export type BringBack = (subscriber: string) => string;

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
  const end = id.startsWith('-') ? '-- ' : '';
  return `npm run story -- ${folderOption(folder)}${end}${shellQuote(id)}`;
}

/** The command that sends an event, with options of `npm run send`, to the local system that keeps its files in a folder. */
export function sendCommand(folder: string, options = ''): string {
  const all = `${folderOption(folder)}${options}`.trimEnd();
  return `npm run send${all && ` -- ${all}`}`;
}

/**
 * How to bring a local system's dead letters back.
 * @param emulatorHost undefined where the system has ended: what its emulator held is gone.
 */
export function localBringBack(emulatorHost: string | undefined, folder: string): BringBack {
  if (emulatorHost !== undefined)
    return (subscriber) => `bring the message back:\n${redriveCommand(subscriber, { emulatorHost })}`;
  return () =>
    `send the event again, since a local system's dead letters end with it:\nnpm start, then ${sendCommand(folder)}`;
}

function folderOption(folder: string): string {
  return folder === LOCAL_FOLDER ? '' : `--folder ${shellQuote(folder)} `;
}
