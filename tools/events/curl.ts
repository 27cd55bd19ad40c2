import { shellQuote } from '../terminal/shell.ts';
import type { SignedRequest } from './signed-request.ts';

/** Linux takes arguments of up to 128 KiB. */
const MAX_ARGUMENT_BYTES = 100_000;
/** Anything but text that a terminal shows as it is. */
const NOT_PLAIN = /[^\P{Cc}\n\t]/u;

/**
 * The shell command that sends a request, byte for byte, and shows status, headers and body of the
 * answer. A body that is no plain text, or long, comes as base64 through a pipe.
 * @throws Error where curl cannot send it so.
 */
export function curlCommand({ method, url, headers, body, incomplete }: SignedRequest): string {
  if (incomplete) throw new Error('--fault slow cannot be printed: curl sends the whole body. Leave out --print.');
  const text = body.toString();
  const inline =
    body.length <= MAX_ARGUMENT_BYTES &&
    !text.startsWith('@') &&
    !NOT_PLAIN.test(text) &&
    Buffer.from(text).equals(body);
  const lines = [
    `curl --silent --show-error --include --noproxy 127.0.0.1,localhost --request ${method} ${shellQuote(url.href)}`,
    ...Object.entries(headers).map(([name, value]) => `  --header ${shellQuote(`${name}: ${value}`)}`),
    `  --data-binary ${inline ? shellQuote(text) : '@-'}`,
  ];
  const curl = lines.join(' \\\n');
  if (inline) return curl;
  const base64 = body.toString('base64').replace(/.{76}/g, '$&\n').trimEnd();
  return `base64 -d <<'BODY' | ${curl}\n${base64}\nBODY`;
}
