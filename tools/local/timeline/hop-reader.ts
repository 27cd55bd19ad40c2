import { escapeControls } from '../../../shared/escape-controls.ts';
import type { DemoMessage } from '../../services/demo-subscriber.ts';
import type { EmulatorEvent } from '../../services/pubsub/events.ts';
import type { Message } from '../../services/pubsub/message.ts';
import type { CapturedRequest } from '../page/capture-requests.ts';
import { DEAD_LETTER, deliveryHop, type RawHop } from './delivery-hop.ts';
import { decision, type FunctionName, parseLine, webhookHops } from './function-hops.ts';
import { type Hop, NOTICES } from './hop.ts';

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
    const line = parseLine(output);
    const { outcome, status, webhookId = '' } = line?.metadata ?? {};
    if (output.startsWith('{"capturedRequest":')) this.#keepRequest(JSON.parse(output));
    else if (line === undefined) this.notice(source, output, now);
    else if (outcome === undefined || status === undefined) this.notice(source, line.message, now, line.severity);
    else if (source === 'incident-lead') this.#pass(decision(line, now));
    else this.#pass(...webhookHops(line, now, this.messages.get(webhookId)?.publishTime));
  }

  /** Reads what the emulator reports. */
  emulatorEvent(event: EmulatorEvent, now = new Date()): void {
    if (event.type !== 'published') {
      const hop = deliveryHop(event, now);
      if (hop !== undefined) this.#pass(hop);
    } else if (!DEAD_LETTER.test(event.topic)) this.#readMessage(event.message);
  }

  /** Reads what the demo subscriber was sent. */
  demoMessage({ attributes: { webhookId, incidentId }, data }: DemoMessage, now = new Date()): void {
    const text = `demo-subscriber got ${JSON.stringify(data)}`;
    const delivered = { name: 'delivered', state: 'done', subscription: 'demo-subscriber' } as const;
    this.#pass({ at: now.toISOString(), webhookId, incidentId, text, ...delivered });
  }

  /** Reads what belongs to no event. */
  notice(source: FunctionName | 'local-system', text: string, now = new Date(), severity = 'WARNING'): void {
    const state = severity === 'ERROR' || severity === 'WARNING' ? 'stopped' : 'ended';
    this.#pass({ at: now.toISOString(), name: 'notice', state, text: `${source}: ${text}` });
  }

  #keepRequest({ capturedRequest: request }: { capturedRequest: CapturedRequest }): void {
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
    this.#pass({ at: publishTime.toISOString(), webhookId, incidentId, name: 'published', state: 'done', text });
  }

  /** Passes hops of one event on. The texts of parts, payloads and servers come from outside. */
  #pass(first: RawHop, ...others: RawHop[]): void {
    const event = this.#eventOf(first);
    for (const hop of [first, ...others]) {
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
