import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { WEBHOOK_ID } from '../../functions/incident-webhook/signature-headers.ts';
import { FAULTS, type Fault, LEADS, STATUSES } from '../events/catalogue.ts';
import { type Answer, deliver } from '../events/deliver.ts';
import { ACCEPTED, meaningOf } from '../events/meaning.ts';
import { type Sample, samplePayload } from '../events/payload.ts';
import { newWebhookId, type SignedRequest, signedRequest } from '../events/signed-request.ts';
import { findSigningSecret } from '../events/signing-secret.ts';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { findRunning } from './system/announcement.ts';
import { LOCAL_FOLDER } from './system/local-folder.ts';
import { eventLogFile } from './timeline/event-log.ts';
import { hopLine } from './timeline/hop-line.ts';
import { awaitTimeline, conclusions } from './timeline/timeline.ts';

/** For the hops after the answer. */
const TIMELINE_TIMEOUT_MS = 10_000;
const UNUSABLE_ID =
  'Its way cannot be followed: the log carries no webhook id of this form (expected 1 to 256 of A-Z a-z 0-9 _ -). The terminal of npm start shows it without one.';

type Options = Sample & {
  readonly url?: string;
  readonly file?: string;
  readonly fault?: Fault;
  readonly webhookId?: string;
  readonly folder: string;
};

const list = (items: Readonly<Record<string, string>>): string =>
  Object.entries(items)
    .map(([name, what]) => `  ${name.padEnd(15)} ${what}`)
    .join('\n');

const HELP = `
Leads:
${list(LEADS)}
  U...            the lead with this Slack id (the example's own is U02AYNF2XJM, who lacks the role)

Faults:
${list(Object.fromEntries(Object.entries(FAULTS).map(([name, { status, what }]) => [name, `${what}: ${status}`])))}

Statuses: ${STATUSES.join(', ')}, or any other text

Environment:
  INCIDENT_WEBHOOK_SECRET  the secret to sign with: whsec_..., or projects/P/secrets/S in Secret Manager;
                           for the local system not needed, unless npm start was given one

Exit codes: 0 accepted (2xx), 1 refused, 2 could not be sent

Examples:
  npm run send
  npm run send -- --status live
  npm run send -- --lead two --old-form
  npm run send -- --event public_incident.incident_created_v2
  npm run send -- --event svix.ping
  npm run send -- --fault stale
  npm run send -- --file body.json
  INCIDENT_WEBHOOK_SECRET=projects/alan-eu-tools/secrets/INCIDENT_WEBHOOK_SECRET npm run send -- --url https://HOST${PATH}`;

const program = new Command('npm run send --')
  .description(
    "Signs and sends one event, by default incident.io's own example with status learning, to the local system.",
  )
  .option('--url <url>', "the webhook to send to; without a path, the webhook's is added (default: the local system)")
  .option('--status <category>', 'status category of the incident (default: learning)')
  .option('--lead <case>', 'who holds the lead role: a Slack id, or a case below')
  .option('--incident <id>', 'incident id')
  .option('--old-form', 'status as a string and incident_id, as the endpoint before this one read them')
  .option('--event <type>', "another of incident.io's event types, or svix.ping")
  .addOption(
    new Option('--file <path>', 'send the bytes of a file').conflicts([
      'status',
      'lead',
      'incident',
      'oldForm',
      'event',
    ]),
  )
  .addOption(new Option('--fault <fault>', 'spoil the request').choices(Object.keys(FAULTS)))
  .option('--webhook-id <id>', 'send under this id, such as a second time')
  .addOption(new Option('--folder <path>', 'where npm start keeps log and secret').default(LOCAL_FOLDER, '.local'))
  .addHelpText('after', HELP)
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride();

async function main(options: Options): Promise<number> {
  const running = await findRunning(options.folder);
  const url = readUrl(options.url ?? running?.webhookUrl ?? `http://127.0.0.1:${process.env['PORT'] || 8080}${PATH}`);
  const secret = await findSigningSecret(url, options.folder);
  const body = options.file === undefined ? Buffer.from(samplePayload(options)) : readBody(options.file);
  const webhookId = options.webhookId ?? newWebhookId();
  const request = signedRequest({ url, secret, webhookId, body, fault: options.fault });
  console.log(describeRequest(request, options.fault));
  const since = new Date();
  const answer = await deliver(request);
  const accepted = answer.status >= 200 && answer.status < 300;
  const followed = url.href === running?.webhookUrl && WEBHOOK_ID.test(webhookId);
  console.log(describeAnswer(answer, options.fault));
  if (!followed || accepted) console.log(`  ${followed ? ACCEPTED : meaningOf(answer.status)}\n`);
  if (followed) await showWay(options.folder, webhookId, since, answer);
  else if (WEBHOOK_ID.test(webhookId)) console.log(`What became of it:  npm run story -- ${webhookId}`);
  else console.log(UNUSABLE_ID);
  return accepted ? 0 : 1;
}

function readBody(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`--file ${file} cannot be read (${code}): give the path of a file that you may read.`);
  }
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error(`--url must be an http or https URL, but is "${text}". Example: https://HOST${PATH}`);
  }
  if (url.pathname === '/') url.pathname = PATH;
  return url;
}

function describeRequest({ method, url, headers, body }: SignedRequest, fault: Fault | undefined): string {
  const text = body.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
  const shown = text.length > 200 ? `${text.slice(0, 200)}... (${body.length} bytes)` : text;
  return [
    `${method} ${url.href}${fault === undefined ? '' : `  (${fault}: ${FAULTS[fault].what})`}`,
    ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
    `  ${headers['content-encoding'] === 'gzip' ? `<${body.length} bytes of gzip>` : shown}`,
    '',
  ].join('\n');
}

function describeAnswer({ status, text, durationMs }: Answer, fault: Fault | undefined): string {
  const expected = fault === undefined || FAULTS[fault].status === status ? '' : `  EXPECTED ${FAULTS[fault].status}`;
  return [`${status} after ${durationMs} ms${expected}`, ...(text ? [`  ${text}`] : [])].join('\n');
}

async function showWay(folder: string, webhookId: string, since: Date, { status }: Answer): Promise<void> {
  const { hops } = await awaitTimeline(eventLogFile(folder), webhookId, since, TIMELINE_TIMEOUT_MS);
  console.log('\nIts way through the local system:');
  for (const hop of hops) console.log(`  ${hopLine(hop)}`);
  const sentences = conclusions(hops);
  if (hops.length === 0)
    sentences.push(`The local system has noted nothing within ${TIMELINE_TIMEOUT_MS / 1000} s; look at its terminal.`);
  if (sentences.length === 0 && status >= 300) sentences.push(meaningOf(status));
  for (const sentence of sentences) console.log(`\n${sentence}`);
}

if (import.meta.main) {
  tolerateClosedPipe();
  try {
    process.exitCode = await main(program.parse().opts<Options>());
  } catch (error) {
    // Commander has printed its own already; it ends --help this way too.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      console.error(`send: ${(error as Error).message}`);
      process.exitCode = 2;
    }
  }
}
