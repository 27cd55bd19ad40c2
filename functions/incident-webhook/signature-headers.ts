import { Refusal } from './outcomes.ts';

/** The three headers of one family, checked for form. */
export interface SignatureHeaders {
  readonly webhookId: string;
  /** Unix seconds. */
  readonly timestamp: number;
  /** The `v1,<base64>` entries; others are skipped, as the sender may add new schemes. */
  readonly signatures: readonly string[];
}

/** A rotation at Svix signs with 11 keys at most. */
export const MAX_SIGNATURES = 16;

/** Form of a webhook id; a dot in it would make the signed text ambiguous. */
export const WEBHOOK_ID = /^[A-Za-z0-9_-]{1,256}$/;
/** Digits only: `parseInt`, which the libraries use, also accepts `1614265330abc`. */
const TIMESTAMP = /^[1-9][0-9]{0,11}$/;
const FIELDS = ['id', 'timestamp', 'signature'] as const;

/**
 * Reads the `webhook-*` headers, or the `svix-*` headers if no `webhook-*` header is present; never
 * a mixture.
 * @param rawHeaders alternating names and values, as in `IncomingMessage.rawHeaders`; only there
 *   repeats are visible.
 * @throws Refusal (401) if one is missing, empty, repeated or malformed.
 */
export function readSignatureHeaders(rawHeaders: readonly string[]): SignatureHeaders {
  const values = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!name.startsWith('webhook-') && !name.startsWith('svix-')) continue;
    values.set(name, [...(values.get(name) ?? []), rawHeaders[index + 1] ?? '']);
  }
  const family = FIELDS.some((field) => values.has(`webhook-${field}`)) ? 'webhook' : 'svix';
  const [webhookId, timestamp, signature] = FIELDS.map((field) => single(values.get(`${family}-${field}`))) as [
    string,
    string,
    string,
  ];

  if (!WEBHOOK_ID.test(webhookId)) throw new Refusal('bad_id');
  if (!TIMESTAMP.test(timestamp)) throw new Refusal('bad_timestamp');
  const entries = signature.split(' ').filter((entry) => entry !== '');
  if (entries.length > MAX_SIGNATURES) throw new Refusal('too_many_signatures');
  const signatures = entries.filter((entry) => entry.startsWith('v1,'));
  if (signatures.length === 0) throw new Refusal('no_v1');
  return { webhookId, timestamp: Number(timestamp), signatures };
}

function single(values: readonly string[] | undefined): string {
  const [value, ...others] = values ?? [];
  if (others.length > 0) throw new Refusal('repeated_header');
  if (value === undefined || value === '') throw new Refusal('missing_header');
  return value;
}
