import type { IncidentEvent } from './incident-event.ts';
import { validateIncidentEvent } from './incident-event.validator.ts';

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the data of a message.
 * @returns the event, or in one word what is wrong with it.
 */
export function decodeIncidentEvent(data: Buffer): IncidentEvent | 'not_utf8' | 'not_json' | 'schema' {
  let text: string;
  try {
    text = STRICT_UTF8.decode(data);
  } catch {
    return 'not_utf8';
  }
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return 'not_json';
  }
  return validateIncidentEvent(event) ? event : 'schema';
}
