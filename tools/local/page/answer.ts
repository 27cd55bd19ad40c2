import type { ServerResponse } from 'node:http';

const OWN_POLICY = "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Answers a request of the page. */
export function answer(
  res: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  contentSecurityPolicy?: string,
): void {
  res.writeHead(status, pageHeaders(type, contentSecurityPolicy)).end(body);
}

/** The headers of every answer: nothing from elsewhere is loaded, and no other site gets to see or frame it. */
export function pageHeaders(type: string, contentSecurityPolicy: string = OWN_POLICY): Record<string, string> {
  return {
    'content-type': type,
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}
