import { Command, Option } from 'commander';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { WEBHOOK_ID } from '../../functions/incident-webhook/signature-headers.ts';
import { escapeControls } from '../../shared/escape-controls.ts';
import { curlCommand } from '../events/curl.ts';
import { deliver, type SendResponse } from '../events/deliver.ts';
import { ACCEPTED, meaningOf } from '../events/meaning.ts';
import { LEADS, STATUSES } from '../events/payload.ts';
import { newId } from '../events/sign.ts';
import {
  type BodyOptions,
  FAULTS,
  type Fault,
  requestBody,
  type SignedRequest,
  signedRequest,
} from '../events/signed-request.ts';
import { findSigningSecret } from '../events/signing-secret.ts';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { paragraph } from '../terminal/paragraph.ts';
import { readLocalCommandLine } from './command-line.ts';
import { findRunning } from './system/announcement.ts';
import { localRedriveAdvice, type RedriveAdvice, storyCommand } from './timeline/commands.ts';
import { awaitHops } from './timeline/event-log.ts';
import { conclusions } from './timeline/explanation.ts';
import type { Hop } from './timeline/hop.ts';
import { hopLines } from './timeline/hop-line.ts';

/** For the hops after the answer. */
const HOPS_TIMEOUT_MS = 10_000;
const SHOWN_BODY_LENGTH = 200;
const UNUSABLE_ID =
  'It cannot be followed: the log has no webhook id of this form (expected 1 to 256 of A-Z a-z 0-9 _ -). The terminal of npm start shows it without one.';

/** The command line of `npm run send`. */
interface SendOptions extends BodyOptions {
  readonly url?: string;
  readonly webhookId?: string;
  readonly print?: 'curl' | 'body';
  readonly folder: string;
}

const list = (rows: readonly string[][]): string =>
  rows.map(([name = '', what]) => `  ${name.padEnd(15)} ${what}`).join('\n');

const HELP = `
Leads:
${list(Object.entries(LEADS).map(([name, { what }]) => [name, what]))}
  U...            the lead with this Slack id (the example's own is U02AYNF2XJM, who lacks the role)

Faults:
${list(Object.entries(FAULTS).map(([name, { status, what }]) => [name, `${what}: ${status}`]))}

Statuses: ${STATUSES.join(', ')}, or any other text

Environment:
  INCIDENT_WEBHOOK_SECRET  the secret to sign with: whsec_..., or projects/P/secrets/S in Secret Manager;
                           for the local system not needed, unless npm start was given one

Exit codes: 0 accepted (2xx) or printed, 1 refused, 2 could not be sent

Examples:
  npm run send
  npm run send -- --status live
  npm run send -- --lead two --old-form
  npm run send -- --event public_incident.incident_created_v2
  npm run send -- --event svix.ping
  npm run send -- --fault stale
  npm run send -- --file body.json
  npm run -s send -- --print body > body.json
  npm run -s send -- --print curl | sh
  INCIDENT_WEBHOOK_SECRET=projects/alan-eu-tools/secrets/INCIDENT_WEBHOOK_SECRET npm run send -- --url https://HOST${PATH}`;

const FILE = new Option('--file <path>', 'send the bytes of a file');
const PRINT = new Option('--print <what>', 'send nothing; print the signed curl command, or the whole body');

const program = new Command('npm run send --')
  .description(
    "Signs and sends one event, by default incident.io's own example with status learning, to the local system.",
  )
  .option('--url <url>', "the webhook to send to; without a path, the webhook's is added (default: the local system)")
  .option('--status <category>', 'status category of the incident (default: learning)')
  .option('--lead <case>', 'who holds the lead role: a Slack id, or a case below')
  .option('--incident <id>', 'incident id')
  .option('--old-form', 'status as a string and incident_id, as the previous endpoint read them')
  .option('--event <type>', "another of incident.io's event types, or svix.ping")
  .addOption(FILE.conflicts(['status', 'lead', 'incident', 'oldForm', 'event']))
  .addOption(new Option('--fault <fault>', 'spoil the request').choices(Object.keys(FAULTS)))
  .option('--webhook-id <id>', 'send under this id, for example a second time')
  .addOption(PRINT.choices(['curl', 'body']));

/** Returns the exit code. */
async function main(options: SendOptions): Promise<number> {
  const { folder, fault, print } = options;
  const body = requestBody(options);
  if (print === 'body') {
    // A file gets the bytes as they are, a terminal only what cannot control it.
    process.stdout.write(
      process.stdout.isTTY ? `${body.toString().split('\n').map(escapeControls).join('\n')}\n` : body,
    );
    return 0;
  }
  const running = await findRunning(folder);
  const url = readUrl(options.url ?? running?.webhookUrl ?? `http://127.0.0.1:${process.env['PORT'] || 8080}${PATH}`);
  const secret = await findSigningSecret(url, folder);
  const webhookId = options.webhookId ?? newId();
  const request = signedRequest({ url, secret, webhookId, body, fault });
  if (print === 'curl') {
    console.log(curlCommand(request));
    console.error('Nothing was sent. The signature is accepted for 5 minutes.');
    return 0;
  }
  console.log(describeRequest(request, fault));
  const since = new Date();
  const answer = await deliver(request);
  const accepted = answer.status >= 200 && answer.status < 300;
  const followed = url.href === running?.webhookUrl && WEBHOOK_ID.test(webhookId);
  console.log(describeAnswer(answer, fault));
  if (!followed || accepted) console.log(`${paragraph(followed ? ACCEPTED : meaningOf(answer.status), '  ')}`);
  if (followed) {
    const hops = await awaitHops(folder, webhookId, since, HOPS_TIMEOUT_MS);
    showHops(hops, localRedriveAdvice(running.emulatorHost, folder), answer);
  } else if (WEBHOOK_ID.test(webhookId)) console.log(`\nWhat became of it:  ${storyCommand(webhookId, folder)}`);
  else console.log(`\n${paragraph(UNUSABLE_ID)}`);
  return accepted ? 0 : 1;
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
  const rest = text.length > SHOWN_BODY_LENGTH ? `... (${body.length} bytes; --print body shows all)` : '';
  return [
    `${method} ${url.href}${fault === undefined ? '' : `  (${fault}: ${FAULTS[fault].what})`}`,
    ...Object.entries(headers).map(([name, value]) => `  ${name}: ${escapeControls(value)}`),
    `  ${headers['content-encoding'] === 'gzip' ? `<${body.length} bytes of gzip>` : text.slice(0, SHOWN_BODY_LENGTH) + rest}`,
    '',
  ].join('\n');
}

function describeAnswer({ status, text, durationMs }: SendResponse, fault: Fault | undefined): string {
  const expected = fault === undefined || FAULTS[fault].status === status ? '' : `  EXPECTED ${FAULTS[fault].status}`;
  return [`${status} after ${durationMs} ms${expected}`, ...(text ? [`  ${escapeControls(text)}`] : [])].join('\n');
}

function showHops(hops: readonly Hop[], redriveAdvice: RedriveAdvice, { status }: SendResponse): void {
  console.log('\nIts hops in the local system:');
  for (const hop of hops) console.log(hopLines(hop));
  const sentences = conclusions(hops, redriveAdvice);
  if (hops.length === 0)
    sentences.push(`The local system noted nothing within ${HOPS_TIMEOUT_MS / 1000} s; look at its terminal.`);
  if (sentences.length === 0 && status >= 300) sentences.push(meaningOf(status));
  for (const sentence of sentences) console.log(`\n${paragraph(sentence)}`);
}

tolerateClosedPipe();
process.exitCode = await main(readLocalCommandLine(program, HELP).opts()).catch((error: Error) => {
  console.error(`send: ${error.message.split('\n').map(escapeControls).join('\n')}`);
  return 2;
});
