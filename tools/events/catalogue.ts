import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** incident.io's example payloads, one file per event type. */
export const EXAMPLES = join(import.meta.dirname, '..', '..', 'schemas', 'examples', 'official-2026-08');
/** Svix's test message. */
export const PING = 'svix.ping';

/** Every status category of incident.io, and one that does not exist (yet). */
export const STATUSES = [
  'triage',
  'declined',
  'merged',
  'canceled',
  'live',
  'learning',
  'closed',
  'paused',
  'unknown-status',
] as const;

/** The lead cases by name, and what the subscriber makes of each. */
export const LEADS = {
  'without-role': 'U01LEAD, who lacks the role: the lead_without_role line',
  'with-role': 'U02MANAGER, who holds the role: lead_with_role',
  two: 'U01LEAD and U02MANAGER: one line each',
  unknown: 'U0NOBODY, a Slack id that no alaner has: unknown_alaner',
  'without-slack': 'a lead without a Slack id: no_slack_user',
  unassigned: 'the lead role without an assignee: no_lead',
  none: 'no role assignments at all: no_lead',
  renamed: 'U01LEAD under a renamed lead role: the lead_without_role line',
} as const;

/** The faults, the status each is to be answered with, and what is done to the request. */
export const FAULTS = {
  'bad-signature': { status: 401, what: 'signed with another secret' },
  'missing-header': { status: 401, what: 'no signature header' },
  stale: { status: 401, what: 'signed 10 minutes ago' },
  future: { status: 401, what: 'signed 10 minutes in the future' },
  'not-utf8': { status: 401, what: 'bytes that are not UTF-8 text' },
  'gzip-bomb': { status: 415, what: '64 MiB of zeros, as 64 KiB of gzip' },
  'too-large': { status: 413, what: 'one byte over 1 MiB' },
  slow: { status: 408, what: 'half of the body, and then silence' },
  'not-json': { status: 400, what: 'signed, but cut off in the middle' },
  'bad-schema': { status: 422, what: 'signed JSON with a number for an incident id' },
  'wrong-path': { status: 404, what: 'another path' },
  'wrong-method': { status: 405, what: 'PUT instead of POST' },
} as const satisfies Record<string, { status: number; what: string }>;

export type LeadCase = keyof typeof LEADS;
export type Fault = keyof typeof FAULTS;

/** Every event type there is an example of. */
export function eventTypes(): string[] {
  const files = readdirSync(EXAMPLES).map((file) => file.replace(/\.json$/, ''));
  return [...files.toSorted(), PING];
}

export function isFault(text: string): text is Fault {
  return Object.hasOwn(FAULTS, text);
}
