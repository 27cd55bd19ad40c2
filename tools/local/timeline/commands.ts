import { shellQuote } from '../../terminal/shell.ts';
import { LOCAL_FOLDER } from '../command-line.ts';
import { type Hop, idOf } from './hop.ts';

/** The project that the functions are deployed to, unless somebody says otherwise. */
export const PROJECT = 'alan-eu-tools';

/** How Svix makes webhook ids: what is shorter is the beginning of one. */
const WEBHOOK_ID = /^msg_[A-Za-z0-9]{27,}$/;
const WEBHOOK_PREFIX = /^msg_[A-Za-z0-9_-]*$/;

/** How to bring a subscriber's dead letters back: the end of a sentence, and the command on a line of its own. */
export type RedriveAdvice = (subscriber: string) => string;

/** The command that moves a subscriber's dead letters back to the topic. */
export function redriveCommand(subscriber: string, project = PROJECT): string {
  const subscription = shellQuote(`${subscriber}-dead-letter`);
  return `npm run redrive -- --project ${shellQuote(project)} --subscription ${subscription} --topic incident-events`;
}

/** The command that tells what became of an event. */
export function storyCommand(id: string, folder: string): string {
  return npmCommand('run story', folder, `${id.startsWith('-') ? '-- ' : ''}${shellQuote(id)}`);
}

/** The command that sends an event, with options of `npm run send`, to the local system of a folder. */
export function sendCommand(folder: string, options = ''): string {
  return npmCommand('run send', folder, options);
}

/**
 * How to bring a local system's dead letters back.
 * @param emulatorHost undefined if the system has ended: its emulator and the dead letters are gone.
 */
export function localRedriveAdvice(emulatorHost: string | undefined, folder: string): RedriveAdvice {
  if (emulatorHost === undefined) {
    const again = `${npmCommand('start', folder)}\n${sendCommand(folder)}`;
    return () => `start the local system and send the event again, since its dead letters ended with it:\n${again}`;
  }
  // Without the emulator's address, it would go to the real project.
  const environment = `PUBSUB_EMULATOR_HOST=${shellQuote(emulatorHost)}`;
  return (subscriber) => `bring the message back:\n${environment} ${redriveCommand(subscriber)}`;
}

function npmCommand(command: string, folder: string, options = ''): string {
  const folderOption = folder === LOCAL_FOLDER ? '' : `--folder ${shellQuote(folder)}`;
  const all = [folderOption, options].filter((part) => part !== '').join(' ');
  return `npm ${command}${all && ` -- ${all}`}`;
}

/**
 * The Cloud Logging filter for everything that both functions logged of a webhook or an incident.
 * @param timelines what the id stands for here, which tells more than its form.
 */
export function loggingFilter(id: string, timelines: readonly Hop[][]): string {
  const services = 'resource.labels.service_name=("incident-webhook" OR "incident-lead")';
  return `resource.type="cloud_run_revision" AND ${services} AND ${idFilter(id, timelines)}`;
}

function idFilter(id: string, timelines: readonly Hop[][]): string {
  const isWebhook = (value: string): string => `jsonPayload.metadata.webhookId=${JSON.stringify(value)}`;
  const isIncident = `jsonPayload.metadata.incidentId=${JSON.stringify(id)}`;
  const known = timelines.map((hops) => idOf(hops, 'webhookId') ?? '');
  if (known.includes(id) || WEBHOOK_ID.test(id)) return isWebhook(id);
  if (timelines.some((hops) => idOf(hops, 'incidentId') === id)) return isIncident;
  if (known.length === 1) return isWebhook(known.join());
  if (known.length === 0 && !WEBHOOK_PREFIX.test(id)) return `(${isWebhook(id)} OR ${isIncident})`;
  return `jsonPayload.metadata.webhookId=~${JSON.stringify(`^${id.replace(/[^A-Za-z0-9_-]/g, '\\$&')}`)}`;
}

/** The command that runs a filter over the last week. */
export function loggingCommand(filter: string, project: string): string {
  const columns = 'timestamp,resource.labels.service_name,severity,jsonPayload.metadata.outcome,jsonPayload.message';
  return `gcloud logging read ${shellQuote(filter)} --project=${shellQuote(project)} --freshness=7d --order=asc --format='table(${columns})'`;
}

/** The command that counts incident-lead's pushes of the last week by what they were answered with. */
export function pushesCommand(project: string): string {
  const metric =
    'pubsub_googleapis_com:subscription_push_request_count{monitored_resource="pubsub_subscription",subscription_id="incident-lead"}';
  const query = `sum by (response_code) (increase(${metric}[7d]))`;
  const url = `https://monitoring.googleapis.com/v1/projects/${project}/location/global/prometheus/api/v1/query`;
  return `curl -sS -H "Authorization: Bearer $(gcloud auth print-access-token)" ${shellQuote(url)} --data-urlencode ${shellQuote(`query=${query}`)}`;
}
