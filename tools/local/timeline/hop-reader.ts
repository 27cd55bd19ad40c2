import { basename } from 'node:path';
import { escapeControls } from '../../../shared/escape-controls.ts';
import type { DemoMessage } from '../../services/demo-subscriber.ts';
import type { EmulatorEvent } from '../../services/pubsub/events.ts';
import type { Message } from '../../services/pubsub/message.ts';
import type { CapturedRequest } from '../page/capture-requests.ts';
import { decision, type FunctionName, parseLine, webhookHops } from './function-hops.ts';
import { type Hop, NOTICES, type RawHop, type State } from './hop.ts';

/** What the emulator reports of a message on its way to a subscriber. */
type DeliveryEvent = Exclude<EmulatorEvent, { type: 'published' }>;

/** The ids of dead-letter topics and subscriptions end so. */
const DEAD_LETTER = /-dead-letter$/;
/** So many webhook ids have their latest request kept: in memory alone, since not all of them are authentic. */
const KEPT_REQUESTS = 200;

/** Makes hops of what the parts of the local system say; some are put together from what several of them say. */
export class HopReader {
  /** By webhook id: the latest request, if it is still kept, and the latest message. */
  readonly requests = new Map<string, CapturedRequest>();
  readonly messages = new Map<string, Message>();
  readonly #webhookIds = new Map<string, string>();
  readonly #emit: (hop: Hop) => void;
  #anonymous = 0;

  /** @param emit called with each hop. */
  constructor(emit: (hop: Hop) => void) {
    this.#emit = emit;
  }

  /** Reads a line that a function wrote. */
  output(source: FunctionName, output: string, now = new Date()): void {
    if (output.startsWith('{"capturedRequest":')) {
      this.#keepRequest(JSON.parse(output).capturedRequest);
      return;
    }
    const line = parseLine(output);
    const { outcome, status, webhookId = '' } = line?.metadata ?? {};
    if (line === undefined || outcome === undefined || status === undefined)
      this.notice(source, line?.message ?? output, now, line?.severity);
    else if (source === 'incident-lead') this.#pass([decision(line, now)]);
    else this.#pass(webhookHops(line, now, this.messages.get(webhookId)?.publishTime));
  }

  /** Reads what the emulator reports. */
  emulatorEvent(event: EmulatorEvent, now = new Date()): void {
    if (event.type !== 'published') this.#pass(deliveryHops(event, now));
    else if (!DEAD_LETTER.test(event.topic)) this.#readMessage(event.message);
  }

  /** Reads what the demo subscriber was sent. */
  demoMessage({ attributes: { webhookId, incidentId }, data }: DemoMessage, now = new Date()): void {
    const text = `demo-subscriber got ${JSON.stringify(data)}`;
    const delivered = { name: 'delivered', state: 'done', subscription: 'demo-subscriber' } as const;
    this.#pass([{ at: now.toISOString(), webhookId, incidentId, text, ...delivered }]);
  }

  /** Reads what belongs to no event. */
  notice(source: FunctionName | 'local-system', text: string, now = new Date(), severity = 'WARNING'): void {
    const state = severity === 'ERROR' || severity === 'WARNING' ? 'stopped' : 'ended';
    this.#pass([{ at: now.toISOString(), name: 'notice', state, text: `${source}: ${text}` }]);
  }

  #keepRequest(request: CapturedRequest): void {
    this.requests.delete(request.webhookId);
    this.requests.set(request.webhookId, request);
    const [oldest = ''] = this.requests.keys();
    if (this.requests.size > KEPT_REQUESTS) this.requests.delete(oldest);
  }

  /**
   * The webhook's own line makes the hop of what the webhook publishes; what is published a second
   * time with the same data was brought back, and gets a hop of its own.
   */
  #readMessage(message: Message): void {
    const { messageId, publishTime, attributes, data } = message;
    const { webhookId, incidentId } = attributes;
    if (webhookId === undefined) return;
    const before = this.messages.get(webhookId);
    this.#webhookIds.set(messageId, webhookId);
    this.messages.set(webhookId, message);
    if (before?.data.equals(data) !== true) return;
    const text = `Published again, unchanged, as message ${messageId}: a redrive`;
    this.#pass([{ at: publishTime.toISOString(), webhookId, incidentId, name: 'published', state: 'done', text }]);
  }

  /** Passes hops of one event on. The texts of parts, payloads and servers come from outside. */
  #pass(hops: readonly RawHop[]): void {
    let event: string | undefined;
    for (const hop of hops) {
      event ??= this.#eventOf(hop);
      const texts = Object.entries({ ...hop, event }).map(([key, value]) => [
        key,
        typeof value === 'string' ? escapeControls(value) : value,
      ]);
      this.#emit(Object.fromEntries(texts) as Hop);
    }
  }

  #eventOf({ name, webhookId, delivery = '' }: RawHop): string {
    if (name === 'notice') return NOTICES;
    const [messageId = ''] = delivery.split('/');
    const known = webhookId ?? this.#webhookIds.get(messageId);
    if (known !== undefined) return known;
    if (messageId !== '') return `Message ${messageId}, without a webhook id`;
    this.#anonymous += 1;
    return `Request ${this.#anonymous}, without a usable webhook id`;
  }
}

/**
 * The hop of a delivery; none where somebody only looked at a dead letter and released it, as a
 * redrive's dry run does.
 */
function deliveryHops(event: DeliveryEvent, now: Date): RawHop[] {
  const { messageId, publishTime, attributes } = event.message;
  const { webhookId, incidentId } = attributes;
  const subscription = basename(event.subscription);
  const hop = (state: State, reason: string, text: string, date: Date, attempt: number): RawHop[] => {
    const [at, delivery] = [date.toISOString(), `${messageId}/${attempt}`];
    return [{ at, webhookId, incidentId, name: 'delivered', state, text, reason, subscription, delivery }];
  };
  if (event.type === 'filtered') {
    const text = `${subscription} does not receive it: its filter does not match (${event.filter})`;
    return hop('skipped', 'filtered', text, publishTime, 0);
  }
  if (event.type === 'deadLettered') {
    const text = `${subscription}: given up after ${event.attempts} attempts, kept in ${subscription}-dead-letter`;
    return hop('stopped', 'dead-lettered', text, now, event.attempts);
  }
  const { attempt, acknowledged, answer, startedAt, redeliveredAfterMs } = event;
  if (DEAD_LETTER.test(subscription) && !acknowledged) return [];
  const elapsed = duration(now.getTime() - startedAt.getTime());
  const text = `${answerText(subscription, answer)} after ${elapsed}, attempt ${attempt}${pause(redeliveredAfterMs)}`;
  return hop(acknowledged ? 'done' : 'stopped', String(answer), text, startedAt, attempt);
}

/** `answer` is the status of a push, what a puller did, or the code of a network error. */
function answerText(subscription: string, answer: number | string): string {
  if (typeof answer === 'number') return `${subscription} answered ${answer}`;
  if (DEAD_LETTER.test(subscription) && answer === 'acknowledged') return `taken from ${subscription}`;
  if (answer === 'acknowledged' || answer === 'refused') return `${answer} by ${subscription}`;
  if (answer === 'deadline exceeded') return `not acknowledged in time by ${subscription}`;
  return `${subscription} could not be reached (${answer})`;
}

function pause(ms: number | undefined): string {
  if (ms === undefined) return '';
  return ms < 1 ? '; delivered again at once' : `; delivered again in ${duration(ms)}`;
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
