import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Webhook } from 'svix';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { type Sample, samplePayload } from './payload.ts';

/** What to send: a sample, or the bytes of a file; spoiled as the fault says. */
export interface BodyOptions extends Sample {
  readonly file?: string | undefined;
  readonly fault?: Fault | undefined;
}

/** A request as it is to be sent. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Announce the whole body, but send half of it. */
  readonly incomplete: boolean;
}

/** What to sign, and what to spoil besides the body. */
interface Signing extends Pick<SignedRequest, 'url' | 'body'>, Pick<BodyOptions, 'fault'> {
  readonly secret: string;
  readonly webhookId: string;
}

const MIB = 1024 * 1024;
const TEN_MINUTES_MS = 600_000;

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
} as const;

export type Fault = keyof typeof FAULTS;

/** What a fault makes of the body. */
const SPOILED: Partial<Record<Fault, (body: Buffer) => Buffer>> = {
  'not-utf8': (body) => Buffer.concat([body, Buffer.from([0xff])]),
  'gzip-bomb': () => gzipSync(Buffer.alloc(64 * MIB), { level: 9 }),
  'too-large': (body) => Buffer.concat([body, Buffer.alloc(Math.max(0, MIB + 1 - body.length), ' ')]),
  'not-json': (body) => body.subarray(0, body.length / 2),
  'bad-schema': withNumberForId,
};

/** What a fault puts in the place of, so that choosing it as well has no effect. */
const REPLACED: Partial<Record<Fault, readonly (keyof BodyOptions)[]>> = {
  'bad-schema': ['event', 'file', 'incident'],
  'gzip-bomb': ['event', 'file', 'incident', 'status', 'lead', 'oldForm'],
};

/**
 * The bytes of a request's body.
 * @throws Error in words where the options do not fit each other, or the file cannot be read.
 */
export function requestBody({ file, fault, ...sample }: BodyOptions): Buffer {
  const chosen: BodyOptions = { ...sample, file, event: sample.event === INCIDENT_UPDATED ? undefined : sample.event };
  const ignored = fault && REPLACED[fault]?.find((option) => chosen[option] !== undefined);
  if (ignored !== undefined) {
    const option = ignored === 'oldForm' ? 'old-form' : ignored;
    throw new Error(`--fault ${fault} replaces what --${option} chooses, so they cannot be combined; leave one out.`);
  }
  const body = file === undefined ? Buffer.from(samplePayload(sample)) : readFile(file);
  return (fault && SPOILED[fault]?.(body)) ?? body;
}

/** Signs as incident.io does, with Svix's own package, then does what the fault says. */
export function signedRequest({ url, secret, webhookId, body, fault }: Signing): SignedRequest {
  const shift = fault === 'stale' ? -TEN_MINUTES_MS : fault === 'future' ? TEN_MINUTES_MS : 0;
  const signedAt = new Date(Date.now() + shift);
  const webhook = new Webhook(fault === 'bad-signature' ? randomBytes(24).toString('base64') : secret);
  return {
    method: fault === 'wrong-method' ? 'PUT' : 'POST',
    url: fault === 'wrong-path' ? new URL(`${url.pathname}/`, url) : url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'incidentio-lead-webhook-send',
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1000)),
      ...(fault !== 'missing-header' && {
        'webhook-signature': webhook.sign(webhookId, signedAt, body.toString()),
      }),
      ...(fault === 'gzip-bomb' && { 'content-encoding': 'gzip' }),
    },
    body,
    incomplete: fault === 'slow',
  };
}

export function isFault(text: string): text is Fault {
  return Object.hasOwn(FAULTS, text);
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`--file ${file} cannot be read (${code}): give the path of a file that you may read.`);
  }
}

function withNumberForId(body: Buffer): Buffer {
  const event = JSON.parse(body.toString()) as { [INCIDENT_UPDATED]: object };
  return Buffer.from(JSON.stringify({ ...event, [INCIDENT_UPDATED]: { ...event[INCIDENT_UPDATED], id: 42 } }));
}
