import { isDeepStrictEqual } from 'node:util';
import type { Message } from '../services/pubsub/message.ts';
import { FORGED, POISON } from './event-plan.ts';
import type { DeliveryRecord, EventRecord, Ledger, WrittenLine } from './ledger.ts';

/** Lines that are written without asking the database. */
const WITHOUT_DATABASE = new Set(['skipped_status', 'no_lead', 'no_slack_user', 'invalid_message']);
const UNAVAILABLE = 'database_unavailable';
const WITHOUT_ROLE = 'lead_without_role';

/** Lines that must be visible in Cloud Logging, each once: by webhook and text, as often as they were written. */
type Visible = ReadonlyMap<string, readonly WrittenLine[]>;

/** What must not be, in words, the ids of the events that did not have their effect, and the lines that are visible. */
export function check(ledger: Ledger) {
  const [messages, deliveries] = [[...ledger.messages.values()], [...ledger.deliveries.values()]];
  const lines = deliveries.flatMap((delivery) => delivery.lines).filter(({ key }) => key.startsWith(WITHOUT_ROLE));
  const visible: Visible = Map.groupBy(lines, ({ webhookId, key }) => `${webhookId}: "${key}"`);
  const events = [...ledger.events.values()].map(
    (record) => [record.event.id, checkEvent(record, ledger, visible)] as const,
  );
  const lost = new Set(events.filter(([, found]) => found.length > 0).map(([id]) => id));
  const violations = [
    ...ledger.violations,
    ...messages.filter(({ data }) => data.includes(FORGED)).map(({ messageId }) => `message ${messageId} is forged`),
    ...events.flatMap(([, found]) => found),
    ...messages.flatMap((message) => checkMessage(message, ledger)),
    ...deliveries.flatMap((delivery) => checkDelivery(delivery, ledger)),
    ...checkVisible(visible, ledger),
  ];
  return { violations, lost, visible };
}

function checkEvent(
  { event, accepted, attempts, messageIds, statuses }: EventRecord,
  ledger: Ledger,
  visible: Visible,
) {
  const name = `${event.id} (${event.kind})`;
  if (event.lines === undefined && messageIds.length > 0) return [`${name} was published`];
  if (event.status !== 204)
    return statuses.has(event.status) ? [] : [`${name} was never answered with ${event.status}`];
  if (!accepted) return [`${name} was never accepted, in ${attempts} attempts`];
  if (event.lines === undefined) return [];
  if (messageIds.length === 0) return [`${name} is lost: accepted, never published`];
  const acknowledged = messageIds.some((messageId) => ledger.acknowledged.has(messageId));
  if (!acknowledged && event.kind !== 'ambiguous_alaner') return [`${name} was never processed by the subscriber`];
  const wanted = event.lines.filter((line) => line.startsWith(WITHOUT_ROLE));
  const missing = wanted.filter((line) => !visible.has(`${event.id}: "${line}"`));
  return missing.map((line) => `${name} has no line "${line}"`);
}

function checkMessage({ messageId, attributes }: Message, ledger: Ledger): string[] {
  const webhookId = attributes['webhookId'] ?? '';
  const kind = ledger.events.get(webhookId)?.event.kind;
  const dead = ledger.deadLettered.has(messageId);
  if (attributes[POISON] !== undefined) return dead ? [] : [`poison message ${messageId} was not dead-lettered`];
  if (kind === undefined) return [`message ${messageId} stems from no authentic event`];
  if (kind === 'ambiguous_alaner') return dead ? [] : [`${webhookId} is ambiguous and was not dead-lettered`];
  return dead || ledger.acknowledged.has(messageId) ? [] : [`message ${messageId} of ${webhookId} was not processed`];
}

/**
 * Each forwarded delivery has one set of lines: its outcome, or that the database was not there; a
 * cut one may have none.
 */
function checkDelivery({ messageId, forwarded, answers, lines }: DeliveryRecord, ledger: Ledger): string[] {
  const { [POISON]: poison, webhookId = '' } = ledger.messages.get(messageId)?.attributes ?? {};
  const event = ledger.events.get(webhookId)?.event;
  const expected = poison === undefined ? (event?.lines ?? []) : ['invalid_message'];
  const rest = lines.map(({ key }) => key).filter((key) => key !== UNAVAILABLE);
  const unavailable = lines.length - rest.length;
  const sets = expected.length === 0 ? 0 : rest.length / expected.length;
  const wanted = expected.flatMap((line) => Array.from({ length: sets }, () => line));
  const name = `a delivery of message ${messageId} (${event?.kind ?? 'poison'})`;
  if (!isDeepStrictEqual(rest.toSorted(), wanted.toSorted()))
    return [`${name} wrote ${rest.join(' | ')}; expected ${expected.join(' | ')}`];
  if (unavailable > 0 && expected.every((line) => WITHOUT_DATABASE.has(line))) return [`${name} asked the database`];
  if (sets + unavailable > forwarded) return [`${name} wrote ${sets + unavailable} sets of lines in ${forwarded} runs`];
  const right = poison !== undefined ? 400 : expected.includes('ambiguous_alaner') ? 500 : 204;
  const statuses = answers.filter((answer) => typeof answer === 'number');
  const times = (status: number): number => statuses.filter((answered) => answered === status).length;
  const other = statuses.filter((status) => status !== right && status !== 503);
  if (other.length > 0) return [`${name} was answered with ${other.join(', ')}`];
  if (times(right) > sets) return [`${name} was answered with ${right} without its lines`];
  if (times(503) > unavailable) return [`${name} was answered with 503 without a line`];
  return [];
}

function checkVisible(visible: Visible, ledger: Ledger): string[] {
  const found: string[] = [];
  const owners = new Map<string | undefined, string>();
  for (const [name, lines] of visible) {
    const isExpected = ({ webhookId, key }: WrittenLine): boolean =>
      !key.includes(FORGED) && ledger.events.get(webhookId)?.event.lines?.includes(key) === true;
    if (!lines.every(isExpected)) found.push(`the line ${name} should not be`);
    const insertIds = new Set(lines.map(({ insertId }) => insertId));
    if (insertIds.size !== 1) found.push(`${name} is visible ${insertIds.size} times`);
    if (insertIds.has(undefined)) found.push(`${name} has no insertId`);
    const times = new Set(lines.map(({ messageId, timestamp }) => `${messageId} ${timestamp}`));
    if (times.size !== new Set(lines.map(({ messageId }) => messageId)).size)
      found.push(`${name} changes its timestamp from one delivery of a message to the next`);
    for (const insertId of insertIds) {
      const owner = owners.get(insertId);
      if (owner !== undefined) found.push(`${name} and ${owner} have one insertId`);
      owners.set(insertId, name);
    }
  }
  return found;
}
