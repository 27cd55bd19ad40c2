import { once } from 'node:events';
import { Command, Option } from 'commander';
import { escapeControls } from '../../shared/escape-controls.ts';
import { forgetOtherServers } from '../services/shell-environment.ts';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { banner } from './banner.ts';
import { readLocalCommandLine } from './command-line.ts';
import { type LocalSystem, startLocalSystem } from './system/local-system.ts';
import {
  addPullSubscriber,
  addPushSubscriber,
  readFilter,
  readPort,
  readSettings,
  type StartOptions,
} from './system/settings.ts';
import { parseLine } from './timeline/function-hops.ts';
import type { Hop } from './timeline/hop.ts';
import { createHopPrinter } from './timeline/hop-line.ts';

const HELP = `
Environment:
  PORT                     the webhook's port (8080)
  INCIDENT_WEBHOOK_SECRET  the signing secret; by default one is generated and kept in .local/webhook-secret
  DATABASE_URL             a PostgreSQL database with the view alaner_directory, instead of the embedded one
  PUBSUB_EMULATOR_HOST     host:port of a Pub/Sub emulator, instead of the built-in one
  NO_COLOR                 no colours

Exit codes: 0 stopped by ctrl-C, 1 did not start or lost a part, 2 usage

Examples:
  npm start
  npm start -- --demo-subscriber
  npm start -- --pull my-team
  npm start -- --subscriber 'http://127.0.0.1:9000/ attributes.incidentStatus = "learning"'
  npm start --silent -- --json | jq .
  PORT=9090 npm start`;

const JSON_LINES =
  "print the functions' log lines on stdout as Cloud Logging gets them, one JSON object a line, and all else on stderr";

const program = new Command('npm start --')
  .description('Starts the whole system on this machine and shows each event hop by hop. Ctrl-C stops it all.')
  .option('--subscriber <"url [filter]">', 'push the events to one more subscriber; repeatable', addPushSubscriber, [])
  .option(
    '--pull <name[:filter]>',
    'add a pull subscription, and print how to read from it; repeatable',
    addPullSubscriber,
    [],
  )
  .addOption(
    new Option('--demo-subscriber [filter]', 'start a subscriber that prints what it gets')
      .preset('')
      .argParser(readFilter),
  )
  .option(
    '--page-port <port>',
    "the port of the web page (default: one more than the webhook's, or a free one)",
    readPort,
  )
  .option('--no-page', 'no web page')
  .option('--json', JSON_LINES);

/** Exit code 0: ended by a signal or a closed pipe; 1: did not start, or lost a part. */
async function main(options: StartOptions & { readonly json?: true }): Promise<number> {
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
  let failed = false;
  const fail = (message: string): void => {
    failed = true;
    console.error(`npm start: ${message.split('\n').map(escapeControls).join('\n')}`);
  };
  const onLost = (sentence: string): void => {
    fail(`${sentence}.`);
    end();
  };
  const onOutput = (line: string): void => {
    if (options.json && parseLine(line)) console.log(escapeControls(line));
  };
  const show = createHopPrinter(say, output);
  const onHop = (hop: Hop): void => {
    // With --json, the functions' own lines are on stdout already.
    if (!options.json || hop.name === 'delivered' || hop.name === 'notice') show(hop);
  };
  let system: LocalSystem | undefined;
  try {
    const settings = readSettings(options);
    say('Starting PostgreSQL, Pub/Sub and both functions ...');
    system = await startLocalSystem(settings, { signal, onLost, onOutput, onHop });
    say(banner(system, settings));
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!signal.aborted) fail(messageOf(error));
  }
  await system?.stop().catch((error: unknown) => fail(messageOf(error)));
  if (signal.aborted && !failed) say('Stopped; nothing is left running.');
  return failed ? 1 : 0;
}

/** Of an error, and of what could not be stopped after it. */
function messageOf(error: unknown): string {
  if (!(error instanceof SuppressedError)) return (error as Error).message;
  return `${messageOf(error.suppressed)}\nnot everything could be stopped: ${messageOf(error.error)}`;
}

process.exit(await main(readLocalCommandLine(program, HELP).opts()));
