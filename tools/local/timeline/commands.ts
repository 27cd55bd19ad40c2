import { shellQuote } from '../../terminal/shell.ts';
import { LOCAL_FOLDER } from '../command-line.ts';

/** The project that the functions are deployed to, unless somebody says otherwise. */
export const PROJECT = 'alan-eu-tools';

/** How to bring a subscriber's dead letters back: the end of a sentence, and the command on a line of its own. */
export type RedriveAdvice = (subscriber: string) => string;

/** The command that moves a subscriber's dead letters back to the topic. */
export function redriveCommand(subscriber: string, project = PROJECT): string {
  const subscription = shellQuote(`${subscriber}-dead-letter`);
  return `npm run redrive -- --project ${shellQuote(project)} --subscription ${subscription} --topic incident-events`;
}

/** The command that tells what became of an event. */
export function storyCommand(id: string, folder: string): string {
  return npmCommand('run story', folder, `${id.startsWith('-') ? '-- ' : ''}${shellQuote(id)}`);
}

/** The command that sends an event, with options of `npm run send`, to the local system of a folder. */
export function sendCommand(folder: string, options = ''): string {
  return npmCommand('run send', folder, options);
}

/**
 * How to bring a local system's dead letters back.
 * @param emulatorHost undefined if the system has ended: its emulator and the dead letters are gone.
 */
export function localRedriveAdvice(emulatorHost: string | undefined, folder: string): RedriveAdvice {
  if (emulatorHost === undefined) {
    const again = `${npmCommand('start', folder)}\n${sendCommand(folder)}`;
    return () => `start the local system and send the event again, since its dead letters ended with it:\n${again}`;
  }
  // Without the emulator's address, it would go to the real project.
  const environment = `PUBSUB_EMULATOR_HOST=${shellQuote(emulatorHost)}`;
  return (subscriber) => `bring the message back:\n${environment} ${redriveCommand(subscriber)}`;
}

function npmCommand(command: string, folder: string, options = ''): string {
  const folderOption = folder === LOCAL_FOLDER ? '' : `--folder ${shellQuote(folder)}`;
  const all = [folderOption, options].filter((part) => part !== '').join(' ');
  return `npm ${command}${all && ` -- ${all}`}`;
}
