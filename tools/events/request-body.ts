import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import type { Fault } from './catalogue.ts';
import { type Sample, samplePayload } from './payload.ts';

/** What to send: a sample, or the bytes of a file; spoiled as the fault says. */
export interface BodyOptions extends Sample {
  readonly file?: string | undefined;
  readonly fault?: Fault | undefined;
}

const MIB = 1024 * 1024;

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
