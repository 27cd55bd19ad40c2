import type { IncomingMessage } from 'node:http';

/**
 * Why a request may not be served, or undefined where it may. Any web page can have a browser send requests to
 * 127.0.0.1, and a page whose name is made to resolve to it could read the answers too.
 */
export function refusal({ method, headers }: IncomingMessage, port: number): string | undefined {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '', origin, 'sec-fetch-site': site, 'content-type': type } = headers;
  if (!own.includes(host)) return `this page is at http://${own[0]}/ only`;
  if (method === 'GET') return undefined;
  if (origin !== undefined && origin !== `http://${host}`) return 'requests of other sites are refused';
  if (site !== undefined && site !== 'same-origin') return 'requests of other sites are refused';
  // A form of another site cannot send this type, whatever its browser leaves out.
  if (type !== 'application/json') return 'only application/json is accepted';
  return undefined;
}
