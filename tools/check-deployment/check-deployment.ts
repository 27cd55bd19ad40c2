import { createInterface } from 'node:readline/promises';
import { Command, Option } from 'commander';
import { tolerateClosedPipe } from '../terminal/closed-pipe.ts';
import { readCommandLine, secondsUpTo } from '../terminal/command-line.ts';
import { checkDeadLetterPolicy, checkDeadLetters, checkPush, checkTopic } from './checks/delivery.ts';
import { checkForged, checkFunction, checkSecret, checkSigned } from './checks/functions.ts';
import { checkLine, checkNewestLines } from './checks/log-lines.ts';
import { deploymentOf } from './deployment.ts';
import { NoAccess, openGoogle } from './google.ts';
import { Report } from './report.ts';

interface Options {
  readonly project: string;
  readonly region: string;
  readonly wait: number;
  readonly publish: boolean;
  readonly lead?: string;
  readonly yes: boolean;
  readonly apiUrl?: string;
}

const EXIT = { right: 0, wrong: 1, usage: 2 } as const;

const HELP = `
Reads what runs and compares it with what Terraform plans. It sends the system only two requests: Svix's test
message, which is answered 204 and not published, and a forged message, which is answered 401.

With --publish it also publishes a marked event twice and looks for its one line. Every subscriber gets the event, and
incident-lead writes the line about --lead; the command lists the subscribers first, and asks.

Needs Application Default Credentials with the roles of the deployer (terraform/bootstrap/deployer-roles.yaml).

Examples:
  $ npm run check-deployment -- --project alan-eu-tools
  $ npm run check-deployment -- --project alan-eu-tools --publish --lead U01LEAD

Exit codes: 0 everything is right, 1 something is wrong, 2 wrong usage.`;

const program = new Command('check-deployment')
  .description('Checks that what runs in Google Cloud matches the plan.')
  .addOption(
    new Option('--project <id>', 'project of the deployment').env('GOOGLE_CLOUD_PROJECT').makeOptionMandatory(),
  )
  .option('--region <region>', 'region of the functions', 'europe-west1')
  .option('--wait <seconds>', 'how long a log line may take to appear', secondsUpTo(600), 120)
  .option('--publish', 'publish a marked event twice and expect one line', false)
  .option('--lead <slack id>', 'whom the marked event names: an alaner without the role')
  .option('--yes', 'publish without asking', false)
  .addOption(new Option('--api-url <url>', 'a server that stands in for the APIs of Google').hideHelp());

tolerateClosedPipe();
try {
  process.exitCode = await check(readCommandLine(program, HELP, 'shows examples').opts<Options>());
} catch (error) {
  if (!(error instanceof NoAccess)) throw error;
  console.error(`check-deployment: ${error.message}`);
  process.exitCode = EXIT.wrong;
}

async function check({ project, region, apiUrl, wait, publish, lead, yes }: Options): Promise<number> {
  if (publish && lead === undefined) {
    console.error('check-deployment: --publish needs --lead, the Slack id of an alaner without the role.');
    return EXIT.usage;
  }
  const deployment = { ...deploymentOf(project, region), google: openGoogle(apiUrl), waitMs: wait * 1000 };
  console.log(`${deployment.webhook} and ${deployment.lead} in ${project}, ${region}\n`);
  const report = new Report();
  const { webhook: webhookName, lead: leadName } = deployment;
  const webhook = await report.run(webhookName, () => checkFunction(deployment, webhookName, 'ALLOW_ALL'));
  const version = await report.run('signing secret', () => checkSecret(deployment));
  const signed = await report.run(
    'test message',
    webhook && version ? () => checkSigned(webhook, version) : 'it needs the address and a version',
  );
  const forged = await report.run('forged message', webhook ? () => checkForged(webhook) : 'it needs the address');
  const checkLineOf = (webhookId: string | undefined, filter: string, status: number) =>
    webhookId ? () => checkLine(deployment, filter, webhookId, status) : 'its request failed';
  await report.run('test line', checkLineOf(signed, 'webhook_ignored', 204));
  await report.run('forged line', checkLineOf(forged, 'webhook_refused_signature', 401));
  await report.run('newest lines', () => checkNewestLines(deployment, webhookName));
  const subscriptions = await report.run('topic', () => checkTopic(deployment));
  const subscriber = await report.run(leadName, () => checkFunction(deployment, leadName, 'ALLOW_INTERNAL_ONLY'));
  await report.run(
    'push',
    subscriber ? () => checkPush(deployment, subscriber) : `it needs the address of ${leadName}`,
  );
  await report.run('dead letter', () => checkDeadLetterPolicy(deployment));
  await report.run('dead letters', () => checkDeadLetters(deployment));
  await report.run('newest lines', () => checkNewestLines(deployment, leadName));
  if (publish) {
    // Loaded late: it brings a client of Pub/Sub, which takes half a second.
    const { checkOneLine, consequences, markedEvent } = await import('./checks/publish.ts');
    const event = markedEvent(lead ?? '');
    console.log(`\n${consequences(event, subscriptions ?? [])}`);
    if (!(yes || (await confirmed()))) {
      console.error('check-deployment: nothing was published. Answer y, or give --yes.');
      return EXIT.usage;
    }
    await report.run('one line', () => checkOneLine(deployment, event));
  }
  return report.end() ? EXIT.right : EXIT.wrong;
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  using terminal = createInterface({ input: process.stdin, output: process.stdout });
  return /^y(es)?$/i.test((await terminal.question('Publish it? [y/N] ')).trim());
}
