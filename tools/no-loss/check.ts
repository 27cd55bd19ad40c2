import { FORGED } from './event-plan.ts';
import type { DeliveryRecord, EventRecord, Ledger } from './ledger.ts';

/** Lines that are written without asking the database. */
const WITHOUT_DATABASE = new Set(['skipped_status', 'no_lead', 'no_slack_user', 'invalid_message']);
const UNAVAILABLE = 'database_unavailable';

/** What must not be, in words, and the ids of the events that did not have their effect. */
export function check(ledger: Ledger): { violations: string[]; lost: ReadonlySet<string> } {
  const lost = new Set<string>();
  const violations = [...ledger.violations, ...ledger.forged.map((messageId) => `message ${messageId} is forged`)];
  for (const record of ledger.events.values()) {
    const found = checkEvent(record, ledger);
    if (found.length > 0) lost.add(record.event.id);
    violations.push(...found);
  }
  for (const [messageId, webhookId] of ledger.published) violations.push(...checkMessage(messageId, webhookId, ledger));
  for (const delivery of ledger.deliveries.values()) violations.push(...checkDelivery(delivery, ledger));
  violations.push(...checkVisible(ledger));
  return { violations, lost };
}

function checkEvent(record: EventRecord, ledger: Ledger): string[] {
  const { event, accepted, messageIds, statuses } = record;
  const name = `${event.id} (${event.kind})`;
  if (event.lines === undefined && messageIds.length > 0) return [`${name} was published`];
  if (event.status !== 204)
    return statuses.has(event.status) ? [] : [`${name} was never answered with ${event.status}`];
  if (!accepted) return [`${name} was never accepted, in ${record.attempts} attempts`];
  if (event.lines === undefined) return [];
  if (messageIds.length === 0) return [`${name} is lost: accepted, never published`];
  const acknowledged = messageIds.some((messageId) => ledger.acknowledged.has(messageId));
  if (!acknowledged && event.kind !== 'ambiguous_alaner') return [`${name} was never processed by the subscriber`];
  const wanted = event.lines.filter((line) => line.startsWith('lead_without_role'));
  const missing = wanted.filter((line) => !ledger.visible.has(`${event.id} ${line}`));
  return missing.map((line) => `${name} has no line "${line}"`);
}

function checkMessage(messageId: string, webhookId: string, ledger: Ledger): string[] {
  const kind = ledger.events.get(webhookId)?.event.kind;
  const dead = ledger.deadLettered.has(messageId);
  if (ledger.poison.has(messageId)) return dead ? [] : [`poison message ${messageId} was not dead-lettered`];
  if (kind === undefined) return [`message ${messageId} stems from no authentic event`];
  if (kind === 'ambiguous_alaner') return dead ? [] : [`${webhookId} is ambiguous and was not dead-lettered`];
  return dead || ledger.acknowledged.has(messageId) ? [] : [`message ${messageId} of ${webhookId} was not processed`];
}

/**
 * Each forwarded delivery has one set of lines: its outcome, or that the database was not there; a
 * cut one may have none.
 */
function checkDelivery(delivery: DeliveryRecord, ledger: Ledger): string[] {
  const { messageId, forwarded, statuses, lines } = delivery;
  const event = ledger.events.get(ledger.published.get(messageId) ?? '')?.event;
  const expected = ledger.poison.has(messageId) ? ['invalid_message'] : (event?.lines ?? []);
  const rest = lines.filter((line) => line !== UNAVAILABLE);
  const unavailable = lines.length - rest.length;
  const sets = expected.length === 0 ? 0 : rest.length / expected.length;
  const name = `a delivery of message ${messageId} (${event?.kind ?? 'poison'})`;
  const whole = Number.isInteger(sets) && isSame(rest, Array.from({ length: sets }, () => expected).flat());
  if (!whole) return [`${name} wrote ${rest.join(' | ')}; expected ${expected.join(' | ')}`];
  if (unavailable > 0 && expected.every((line) => WITHOUT_DATABASE.has(line))) return [`${name} asked the database`];
  if (sets + unavailable > forwarded) return [`${name} wrote ${sets + unavailable} sets of lines in ${forwarded} runs`];
  const right = ledger.poison.has(messageId) ? 400 : expected.includes('ambiguous_alaner') ? 500 : 204;
  const times = (status: number): number => statuses.filter((answered) => answered === status).length;
  const other = statuses.filter((status) => status !== right && status !== 503);
  if (other.length > 0) return [`${name} was answered with ${other.join(', ')}`];
  if (times(right) > sets) return [`${name} was answered with ${right} without its lines`];
  if (times(503) > unavailable) return [`${name} was answered with 503 without a line`];
  return [];
}

/** Whether both hold the same lines, in any order. */
function isSame(lines: readonly string[], others: readonly string[]): boolean {
  return JSON.stringify(lines.toSorted()) === JSON.stringify(others.toSorted());
}

function checkVisible(ledger: Ledger): string[] {
  const found: string[] = [];
  const owners = new Map<string, string>();
  for (const [name, { webhookId, key, insertIds, timestamps }] of ledger.visible) {
    const event = ledger.events.get(webhookId)?.event;
    if (key.includes(FORGED) || event?.lines?.includes(key) !== true) found.push(`the line "${key}" should not be`);
    if (insertIds.size !== 1) found.push(`${webhookId}: "${key}" is visible ${insertIds.size} times`);
    if (insertIds.has('none')) found.push(`${webhookId}: "${key}" has no insertId`);
    if ([...timestamps.values()].some(({ size }) => size !== 1)) {
      found.push(`${webhookId}: "${key}" changes its timestamp from one delivery of a message to the next`);
    }
    for (const insertId of insertIds) {
      const owner = owners.get(insertId);
      if (owner !== undefined) found.push(`"${name}" and "${owner}" have one insertId`);
      owners.set(insertId, name);
    }
  }
  return found;
}
