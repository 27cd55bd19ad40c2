import { Command, InvalidArgumentError } from 'commander';
import { OUTCOMES } from '../../functions/incident-lead/outcomes.ts';
import { escapeControls } from '../../shared/escape-controls.ts';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { paragraph } from '../terminal/paragraph.ts';
import { readLocalCommandLine } from './command-line.ts';
import { findRunning } from './system/announcement.ts';
import {
  localRedriveAdvice,
  loggingCommand,
  loggingFilter,
  PROJECT,
  pushesCommand,
  redriveCommand,
} from './timeline/commands.ts';
import { lastWritten, readEventLog } from './timeline/event-log.ts';
import { conclusions } from './timeline/explanation.ts';
import { currentHops, type Hop, idOf, isOver, MIN_PREFIX, timelinesOf } from './timeline/hop.ts';
import { hopLines } from './timeline/hop-line.ts';

const HELP = `
Exit codes: 0 found, 1 not in the local log, 2 usage

Examples:
  npm run story -- msg_4e9109a267654f74b126680f18df8c2c
  npm run story -- msg_4e9109
  npm run story -- 01FDAG4SAP5TYPT98WGR2N7W91`;

/** What incident-lead leaves out at LOG_LEVEL=info. */
const DEBUG_OUTCOMES = Object.entries(OUTCOMES).flatMap(([name, { level }]) => (level === 'debug' ? name : []));

const program = new Command('npm run story --')
  .description(
    'Shows what happened to a webhook, or to every webhook of an incident, from the log of the last npm start. Also prints the query for the deployed system.',
  )
  .argument('<id>', 'a webhook id, its first 8 or more characters, or an incident id', (text: string) => {
    if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
    if (text.startsWith('msg_') && text.length < MIN_PREFIX) {
      throw new InvalidArgumentError(`Give at least ${MIN_PREFIX} characters of a webhook id.`);
    }
    return text;
  })
  .option('--project <project>', 'the project of the deployed system', PROJECT);

async function tell(id: string, { project, folder }: { project: string; folder: string }): Promise<number> {
  const timelines = timelinesOf(readEventLog(folder), id);
  const redriveAdvice = localRedriveAdvice((await findRunning(folder))?.emulatorHost, folder);
  for (const hops of timelines) {
    console.log(describe(hops));
    for (const sentence of conclusions(hops, redriveAdvice)) console.log(paragraph(sentence, '  '));
    console.log();
  }
  if (timelines.length === 0) console.log(notFound(id, lastWritten(folder)));
  console.log(deployed(id, timelines, project));
  return timelines.length > 0 ? 0 : 1;
}

function describe(hops: readonly Hop[]): string {
  const [webhookId, incidentId] = [idOf(hops, 'webhookId'), idOf(hops, 'incidentId')];
  const name = webhookId === undefined ? hops[0]?.event : `Webhook ${webhookId}`;
  const heading = `${name}${incidentId === undefined ? '' : `, incident ${incidentId}`}`;
  return [heading, ...hops.map((hop) => hopLines(hop))].join('\n');
}

function notFound(id: string, keptUntil: Date | undefined): string {
  if (keptUntil === undefined) return 'There is no local log: npm start has not run here yet.\n';
  return [
    paragraph(
      `The local log (last written ${keptUntil.toISOString()}) has no entry for ${escapeControls(id)}. Likely reasons:`,
    ),
    ...[
      '- It never arrived: in incident.io, Settings > Webhooks shows each delivery and its answer.',
      '- It arrived before the last npm start, which began a new log.',
      '- It was refused before its incident was known: look for its webhook id (msg_...) instead of the incident id.',
    ].map((reason) => paragraph(reason, '  ')),
    '',
  ].join('\n');
}

/** How to ask the deployed system for the same, and what a missing line of the subscriber would mean there. */
function deployed(id: string, timelines: readonly Hop[][], project: string): string {
  const filter = loggingFilter(id, timelines);
  const current = timelines.flatMap(currentHops);
  return [
    'In the deployed system, the log lines of both functions (Logs Explorer, or the command):',
    `  ${filter}`,
    `  ${loggingCommand(filter, project)}`,
    ...withoutSubscriber(current, project),
  ].join('\n');
}

/** @param hops how the events stand here; none where nothing is known of them. */
function withoutSubscriber(hops: readonly Hop[], project: string): string[] {
  const decided = hops.filter(({ name }) => name === 'decided');
  if (decided.length > 0) {
    const quiet = decided.filter(({ reason = '' }) => DEBUG_OUTCOMES.includes(reason));
    if (quiet.length < decided.length) return [];
    const sentence = `There, incident-lead writes no line of this (${quiet[0]?.reason}): it is DEBUG, which LOG_LEVEL=info leaves out.`;
    return [paragraph(sentence)];
  }
  if (hops.length > 0 && isOver(hops)) return [];
  return [
    paragraph('Where that shows "published" and nothing of incident-lead, one of these holds:'),
    paragraph(`- The outcome is DEBUG (${DEBUG_OUTCOMES.join(', ')}), which is not written at LOG_LEVEL=info.`, '  '),
    paragraph(
      '- incident-lead was not reached. What its pushes were answered with, and what waits as a dead letter:',
      '  ',
    ),
    `      ${pushesCommand(project)}`,
    `      ${redriveCommand('incident-lead', project)} --dry-run`,
  ];
}

tolerateClosedPipe();
const command = readLocalCommandLine(program, HELP);
process.exitCode = await tell(command.args[0] ?? '', command.opts());
