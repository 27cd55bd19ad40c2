import { Command, Option } from 'commander';
import { forgetOtherServers } from '../services/shell-environment.ts';
import { LOCAL_FOLDER } from './system/local-folder.ts';
import { type LocalSystem, startLocalSystem } from './system/local-system.ts';
import { readSettings, type StartOptions } from './system/settings.ts';
import { createHopPrinter } from './timeline/hop-line.ts';
import { sortLive } from './timeline/hop-order.ts';
import { createHopReader } from './timeline/hop-reader.ts';

const EXAMPLES = `
Environment:
  PORT                     the webhook's port (8080)
  INCIDENT_WEBHOOK_SECRET  the signing secret; else one is made and kept in .local/webhook-secret
  DATABASE_URL             a PostgreSQL database with the view alaner_directory, instead of the embedded one
  PUBSUB_EMULATOR_HOST     host:port of a Pub/Sub emulator, instead of the built-in one
  NO_COLOR                 no colours

Examples:
  npm start
  npm start -- --demo-subscriber
  npm start -- --subscriber 'http://127.0.0.1:9000/ attributes.incidentStatus = "learning"'
  PORT=9090 npm start`;

type Options = StartOptions & { readonly json: boolean };

const program = new Command('npm start --')
  .description('Starts the whole system on this machine and shows the way of each event. Ctrl-C stops it all.')
  .option(
    '--subscriber <"url [filter]">',
    'push the events to one more subscriber; repeatable',
    (text: string, all: string[]) => [...all, text],
    [],
  )
  .option('--demo-subscriber [filter]', 'start a subscriber that prints what it gets')
  .option('--page-port <port>', "the port of the web page (default: one more than the webhook's, or a free one)")
  .option('--no-page', 'no web page')
  .option('--json', 'print what the parts say as JSON lines', false)
  .addOption(new Option('--folder <path>', 'where log and secret are kept').default(LOCAL_FOLDER, '.local'))
  .addHelpText('after', EXAMPLES)
  .showHelpAfterError('(--help shows what there is)');

/** Exit code 0: ended by a signal; 1: did not start, or lost a function. */
async function main(options: Options): Promise<number> {
  forgetOtherServers();
  const ending = new AbortController();
  let lost = false;
  // npm sends on the signal that the terminal has sent to us already, so each may come twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  const say = (text: string): unknown => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  const hops = sortLive(createHopPrinter(say));
  const read = createHopReader();
  const fail = (error: unknown): number => {
    hops.flush();
    console.error(`npm start: ${(error as Error).message}`);
    return 1;
  };
  let system: LocalSystem;
  try {
    const settings = readSettings(options);
    say('Starting PostgreSQL, Pub/Sub and both functions ...');
    system = await startLocalSystem(settings, {
      signal: ending.signal,
      onEntry: (entry) => {
        if (options.json) console.log(JSON.stringify(entry));
        else for (const hop of read(entry)) hops.push(hop);
      },
      onLost: (sentence) => {
        lost = true;
        console.error(`npm start: ${sentence}.`);
        ending.abort();
      },
    });
  } catch (error) {
    if (ending.signal.aborted && !lost) return 0;
    return fail(error);
  }
  say(welcome(system));
  if (!ending.signal.aborted) await new Promise((resolve) => ending.signal.addEventListener('abort', resolve));
  say('\nStopping ...');
  await system.stop();
  hops.flush();
  say('Stopped; nothing is left running.');
  return lost ? 1 : 0;
}

function welcome({ addresses, webhookUrl }: LocalSystem): string {
  const width = Math.max(...addresses.map(([name]) => name.length));
  return [
    'Ready.',
    ...addresses.map(([name, address]) => `  ${name.padEnd(width)}  ${address}`),
    `  functions-framework listens on all interfaces; everything else on 127.0.0.1 only.`,
    '',
    'In another terminal:',
    "  npm run send                           incident.io's example, with status learning: a lead without the role",
    '  npm run send -- --lead U02MANAGER      a lead who holds the role',
    '  npm run send -- --fault bad-signature  a forgery',
    '  npm run send -- --help                 every case',
    `or have something else post signed webhooks to ${webhookUrl}.`,
    'Ctrl-C stops it all.',
    '',
  ].join('\n');
}

if (import.meta.main) process.exit(await main(program.parse().opts<Options>()));
