import { PATH } from '../../functions/incident-webhook/route.ts';
import { WEBHOOK_ID } from '../../functions/incident-webhook/signature-headers.ts';
import { escapeControls } from '../../shared/escape-controls.ts';
import { FAULTS, type Fault } from '../events/catalogue.ts';
import { curlCommand } from '../events/curl.ts';
import { deliver, type SendResponse } from '../events/deliver.ts';
import { ACCEPTED, meaningOf } from '../events/meaning.ts';
import { requestBody } from '../events/request-body.ts';
import { newWebhookId, type SignedRequest, signedRequest } from '../events/signed-request.ts';
import { findSigningSecret } from '../events/signing-secret.ts';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { paragraph } from '../terminal/paragraph.ts';
import { readSendOptions, type SendOptions } from './send-options.ts';
import { findRunning } from './system/announcement.ts';
import { localRedriveAdvice, storyCommand } from './timeline/commands.ts';
import { hopLines } from './timeline/hop-line.ts';
import { awaitHops, conclusions } from './timeline/timeline.ts';

/** For the hops after the answer. */
const HOPS_TIMEOUT_MS = 10_000;
const SHOWN_BODY_LENGTH = 200;
const UNUSABLE_ID =
  'It cannot be followed: the log has no webhook id of this form (expected 1 to 256 of A-Z a-z 0-9 _ -). The terminal of npm start shows it without one.';

async function main(options: SendOptions): Promise<number> {
  const { folder, fault, print } = options;
  const body = requestBody(options);
  if (print === 'body') return printBody(body);
  const running = await findRunning(folder);
  const url = readUrl(options.url ?? running?.webhookUrl ?? `http://127.0.0.1:${process.env['PORT'] || 8080}${PATH}`);
  const secret = await findSigningSecret(url, folder);
  const webhookId = options.webhookId ?? newWebhookId();
  const request = signedRequest({ url, secret, webhookId, body, fault });
  if (print === 'curl') return printCurl(request);
  console.log(describeRequest(request, fault));
  const since = new Date();
  const answer = await deliver(request);
  const accepted = answer.status >= 200 && answer.status < 300;
  const followed = url.href === running?.webhookUrl && WEBHOOK_ID.test(webhookId);
  console.log(describeAnswer(answer, fault));
  if (!followed || accepted) console.log(`${paragraph(followed ? ACCEPTED : meaningOf(answer.status), '  ')}`);
  if (followed) await showHops(options, webhookId, since, answer);
  else if (WEBHOOK_ID.test(webhookId)) console.log(`\nWhat became of it:  ${storyCommand(webhookId, folder)}`);
  else console.log(`\n${paragraph(UNUSABLE_ID)}`);
  return accepted ? 0 : 1;
}

function printBody(body: Buffer): number {
  // A file gets the bytes as they are, a terminal only what cannot control it.
  const lines = process.stdout.isTTY ? `${body.toString().split('\n').map(escapeControls).join('\n')}\n` : body;
  process.stdout.write(lines);
  return 0;
}

function printCurl(request: SignedRequest): number {
  console.log(curlCommand(request));
  console.error('Nothing was sent. The signature is accepted for 5 minutes.');
  return 0;
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

async function showHops(
  { folder }: SendOptions,
  webhookId: string,
  since: Date,
  { status }: SendResponse,
): Promise<void> {
  const hops = await awaitHops(folder, webhookId, since, HOPS_TIMEOUT_MS);
  console.log('\nIts hops in the local system:');
  for (const hop of hops) console.log(hopLines(hop));
  const sentences = conclusions(hops, localRedriveAdvice((await findRunning(folder))?.emulatorHost, folder));
  if (hops.length === 0)
    sentences.push(`The local system noted nothing within ${HOPS_TIMEOUT_MS / 1000} s; look at its terminal.`);
  if (sentences.length === 0 && status >= 300) sentences.push(meaningOf(status));
  for (const sentence of sentences) console.log(`\n${paragraph(sentence)}`);
}

if (import.meta.main) {
  tolerateClosedPipe();
  process.exitCode = await main(readSendOptions()).catch((error: Error) => {
    console.error(`send: ${error.message}`);
    return 2;
  });
}
