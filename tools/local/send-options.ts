import { Command, Option } from 'commander';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { FAULTS, LEADS, STATUSES } from '../events/catalogue.ts';
import type { BodyOptions } from '../events/request-body.ts';
import { readCommandLine } from './command-line.ts';

/** The command line of `npm run send`. */
export interface SendOptions extends BodyOptions {
  readonly url?: string;
  readonly webhookId?: string;
  readonly print?: 'curl' | 'body';
  readonly folder: string;
}

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

/** Reads the command line; a wrong one, and --help, end the process. */
export function readSendOptions(): SendOptions {
  return readCommandLine(program, HELP).opts();
}
