import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { LOCAL_FOLDER } from './system/local-folder.ts';
import { loggingCommand, loggingQuery, PROJECT } from './timeline/cloud-logging.ts';
import { eventLogFile, lastWritten, readEventLog } from './timeline/event-log.ts';
import { hopLine } from './timeline/hop-line.ts';
import { conclusions, type Timeline, timelinesOf } from './timeline/timeline.ts';

const HELP = `
Exit codes: 0 there is a story, 1 the local log knows nothing of it, 2 usage

Examples:
  npm run story -- msg_4e9109a267654f74b126680f18df8c2c
  npm run story -- msg_4e9109
  npm run story -- 01FDAG4SAP5TYPT98WGR2N7W91`;

const LEFT_OUT =
  'Published, and no line of incident-lead: skipped_status, no_lead or lead_with_role, which it leaves out at the default LOG_LEVEL.';

interface Options {
  readonly project: string;
  readonly folder: string;
}

const program = new Command('npm run story --')
  .description(
    'Tells what became of a webhook, or of every webhook of an incident, from the log of the last npm start; and how to ask the deployed system.',
  )
  .argument('<id>', 'a webhook id, its first 8 or more characters, or an incident id', (text: string) => {
    if (text.trim() !== '') return text;
    throw new InvalidArgumentError('It is empty.');
  })
  .option('--project <project>', 'the project of the deployed system', PROJECT)
  .addOption(new Option('--folder <path>', 'where npm start keeps its log').default(LOCAL_FOLDER, '.local'))
  .addHelpText('after', HELP)
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride();

function tell(id: string, { project, folder }: Options): number {
  const file = eventLogFile(folder);
  const stories = timelinesOf(readEventLog(file), id);
  for (const story of stories) console.log(describe(story));
  if (stories.length === 0) console.log(notFound(id, lastWritten(file)));
  const [first] = stories;
  // The beginning of a webhook id is enough here, but not there.
  const full = first?.webhookId?.startsWith(id) ? first.webhookId : id;
  const query = loggingQuery(full).replaceAll('\n', ' AND ');
  console.log(['In the deployed system:', query, loggingCommand(full, project), LEFT_OUT].join('\n  '));
  return stories.length > 0 ? 0 : 1;
}

function describe({ webhookId, hops }: Timeline): string {
  const incidentId = hops.find((hop) => hop.incidentId !== undefined)?.incidentId;
  return [
    `Webhook ${webhookId ?? 'without a usable id'}${incidentId === undefined ? '' : `, incident ${incidentId}`}`,
    ...hops.map((hop) => `  ${hopLine({ ...hop, webhookId: undefined })}`),
    ...conclusions(hops).map((sentence) => `  ${sentence}`),
    '',
  ].join('\n');
}

function notFound(id: string, keptUntil: Date | undefined): string {
  if (keptUntil === undefined) return 'There is no local log: npm start has not run here yet.\n';
  return [
    `The local log (last written ${keptUntil.toISOString()}) knows nothing of ${id}. Likely reasons:`,
    '  - It never came: in incident.io, Settings > Webhooks shows each delivery and its answer.',
    '  - It came before the last npm start, which begins a new log.',
    '  - It was refused before its incident was known: look for its webhook id (msg_...) instead of the incident id.',
    '',
  ].join('\n');
}

if (import.meta.main) {
  tolerateClosedPipe();
  try {
    program.parse();
    process.exitCode = tell(program.args[0] ?? '', program.opts<Options>());
  } catch (error) {
    // Commander has printed its own already; it ends --help this way too.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}
