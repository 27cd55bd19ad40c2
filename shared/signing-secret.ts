const PREFIX = 'whsec_';
const PADDED_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Svix's documentation has a vector of 18 bytes, and Svix generates 24; it accepts 75 at most. */
const MIN_KEY_BYTES = 16;
const MAX_KEY_BYTES = 75;

/**
 * Checks the form of a Standard Webhooks secret: `whsec_` and the padded base64 of 16 to 75 bytes,
 * white space around it ignored.
 * @returns the trimmed secret, or undefined if it is malformed. Node's decoder would silently skip
 *   bad characters.
 */
export function parseSigningSecret(text: string): string | undefined {
  const secret = text.trim();
  if (!secret.startsWith(PREFIX)) return undefined;
  const base64 = secret.slice(PREFIX.length);
  if (!PADDED_BASE64.test(base64)) return undefined;
  const { length } = Buffer.from(base64, 'base64');
  return length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES ? secret : undefined;
}
