import type { EventLog } from '../timeline/event-log.ts';
import type { CapturedRequests } from './captured-requests.ts';

/** What the page shows, and where its form sends to. */
export interface PageSubject {
  readonly eventLog: EventLog;
  readonly requests: CapturedRequests;
  readonly webhookUrl: string;
  /** `host:port`. */
  readonly emulatorHost: string;
  /** Where the local system keeps its files. */
  readonly folder: string;
  /** Signs what the form sends. */
  readonly secret: () => Promise<string>;
}
