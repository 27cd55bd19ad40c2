import { escapeControls } from '../../../shared/escape-controls.ts';
import type { EventLog, PublishedMessage } from '../timeline/event-log.ts';
import type { CapturedRequests } from './captured-requests.ts';

/** A text of an event, for people. */
export interface Detail {
  readonly title: string;
  readonly text: string;
}

/** The body of the latest request under a webhook id, and the latest message made of it. */
export function detailsOf(webhookId: string, requests: CapturedRequests, eventLog: EventLog): Detail[] {
  return [requestDetail(webhookId, requests), messageDetail(webhookId, eventLog)];
}

function requestDetail(webhookId: string, requests: CapturedRequests): Detail {
  const request = requests.get(webhookId);
  if (request === undefined) return { title: 'Body', text: 'Not kept: only those of the latest events are.' };
  const body = Buffer.from(request.body, 'base64');
  const title = `Body, ${body.length} bytes${request.complete ? '' : ', incomplete'}`;
  return { title, text: readable(body.toString()) || '(empty)' };
}

function messageDetail(webhookId: string, eventLog: EventLog): Detail {
  const message = eventLog
    .entries()
    .flatMap((entry) => ('published' in entry ? [entry.published] : []))
    .findLast(({ attributes }) => attributes['webhookId'] === webhookId);
  if (message === undefined) return { title: 'Message on the topic', text: 'None was published, or its log is gone.' };
  return { title: `Message ${message.messageId} on the topic`, text: messageText(message) };
}

function messageText({ attributes, data }: PublishedMessage): string {
  return `attributes ${readable(JSON.stringify(attributes))}\ndata ${readable(data)}`;
}

/** Indented where it is JSON. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n').map(escapeControls).join('\n');
  } catch {
    return text.split('\n').map(escapeControls).join('\n');
  }
}
