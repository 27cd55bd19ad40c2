import { once } from 'node:events';
import { Command, Option } from 'commander';
import { escapeControls } from '../../shared/escape-controls.ts';
import { forgetOtherServers } from '../services/shell-environment.ts';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { banner } from './banner.ts';
import { LOCAL_FOLDER } from './local-folder.ts';
import { type LocalSystem, startLocalSystem } from './system/local-system.ts';
import { readSettings, type StartOptions } from './system/settings.ts';
import type { EventLogEntry } from './timeline/event-log.ts';
import { createHopPrinter } from './timeline/hop-line.ts';
import { sortLive } from './timeline/hop-order.ts';
import { createHopReader } from './timeline/hop-reader.ts';

const EXAMPLES = `
Environment:
  PORT                     the webhook's port (8080)
  INCIDENT_WEBHOOK_SECRET  the signing secret; by default one is generated and kept in .local/webhook-secret
  DATABASE_URL             a PostgreSQL database with the view alaner_directory, instead of the embedded one
  PUBSUB_EMULATOR_HOST     host:port of a Pub/Sub emulator, instead of the built-in one
  NO_COLOR                 no colours

Examples:
  npm start
  npm start -- --demo-subscriber
  npm start -- --pull my-team
  npm start -- --subscriber 'http://127.0.0.1:9000/ attributes.incidentStatus = "learning"'
  npm start --silent -- --json | jq .
  PORT=9090 npm start`;

type Options = StartOptions & { readonly json?: true };

const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

const program = new Command('npm start --')
  .description('Starts the whole system on this machine and shows each event hop by hop. Ctrl-C stops it all.')
  .option('--subscriber <"url [filter]">', 'push the events to one more subscriber; repeatable', repeated)
  .option('--pull <name[:filter]>', 'add a pull subscription, and print how to read from it; repeatable', repeated)
  .option('--demo-subscriber [filter]', 'start a subscriber that prints what it gets')
  .option('--page-port <port>', "the port of the web page (default: one more than the webhook's, or a free one)")
  .option('--no-page', 'no web page')
  .option(
    '--json',
    "print the functions' log lines on stdout as Cloud Logging gets them, one JSON object a line, and all else on stderr",
  )
  .addOption(new Option('--folder <path>', 'where log and secret are kept').default(LOCAL_FOLDER, '.local'))
  .addHelpText('after', EXAMPLES)
  .showHelpAfterError('(--help lists every option)');

/** Exit code 0: ended by a signal or a closed pipe; 1: did not start, or lost a part. */
async function main(options: Options): Promise<number> {
  forgetOtherServers();
  const ending = new AbortController();
  const { signal } = ending;
  const end = (): void => ending.abort();
  // npm sends on the signal that the terminal has sent to us already, so each may come twice.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
  for (const stream of [process.stdout, process.stderr]) tolerateClosedPipe(stream, end);
  const output = options.json ? process.stderr : process.stdout;
  const say = (text: string): unknown => output.write(`${text}\n`);
  signal.addEventListener('abort', () => say('\nStopping ...'));
  const hops = sortLive(createHopPrinter(say, output));
  const read = createHopReader();
  let failed = false;
  const fail = (message: string): void => {
    failed = true;
    hops.flush();
    console.error(`npm start: ${message.split('\n').map(escapeControls).join('\n')}`);
  };
  const onEntry = (entry: EventLogEntry): void => {
    if (options.json && 'line' in entry) console.log(escapeControls(JSON.stringify(entry.line)));
    else for (const hop of read(entry)) hops.push(hop);
  };
  const onLost = (sentence: string): void => {
    fail(`${sentence}.`);
    end();
  };
  let system: LocalSystem | undefined;
  try {
    const settings = readSettings(options);
    say('Starting PostgreSQL, Pub/Sub and both functions ...');
    system = await startLocalSystem(settings, { signal, onEntry, onLost });
    say(banner(system, settings));
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!signal.aborted) fail((error as Error).message);
  }
  await system?.stop().catch((error: Error) => fail(error.message));
  hops.flush();
  if (signal.aborted && !failed) say('Stopped; nothing is left running.');
  return failed ? 1 : 0;
}

if (import.meta.main) process.exit(await main(program.parse().opts<Options>()));
