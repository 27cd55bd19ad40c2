import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { refusal } from '../../tools/local/page/server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the page', () => {
  it.each<[name: string, method: string, headers: IncomingHttpHeaders]>([
    ['a visit', 'GET', { host: '127.0.0.1:8081' }],
    ['a visit by name', 'GET', { host: 'localhost:8081' }],
    [
      'its own form',
      'POST',
      { host: '127.0.0.1:8081', origin: 'http://127.0.0.1:8081', 'sec-fetch-site': 'same-origin', ...JSON_TYPE },
    ],
    ['a command line', 'POST', { host: '127.0.0.1:8081', ...JSON_TYPE }],
  ])('serves %s', (_, method, headers) => {
    expect(refusal({ method, headers } as IncomingMessage, 8081)).toBeUndefined();
  });

  it.each<[name: string, method: string, headers: IncomingHttpHeaders]>([
    ['a name that was made to resolve to it', 'GET', { host: 'evil.example:8081' }],
    ['another port', 'GET', { host: '127.0.0.1:80' }],
    ['no host', 'GET', {}],
    ['another origin', 'POST', { host: '127.0.0.1:8081', origin: 'https://evil.example', ...JSON_TYPE }],
    ['an origin that hides', 'POST', { host: '127.0.0.1:8081', origin: 'null', ...JSON_TYPE }],
    ['its other name', 'POST', { host: '127.0.0.1:8081', origin: 'http://localhost:8081', ...JSON_TYPE }],
    [
      'another site without an origin',
      'POST',
      { host: '127.0.0.1:8081', 'sec-fetch-site': 'cross-site', ...JSON_TYPE },
    ],
    ['a form', 'POST', { host: '127.0.0.1:8081', 'content-type': 'text/plain' }],
  ])('refuses %s', (_, method, headers) => {
    expect(refusal({ method, headers } as IncomingMessage, 8081)).toEqual(expect.any(String));
  });
});
