import { readFileSync } from 'node:fs';
import type pg from 'pg';

/**
 * `postgres://[user[:password]@][host[:port][,...]][/database][?parameter=value[&...]]`, as libpq
 * documents it.
 */
const FORM = /^postgres(?:ql)?:\/\/(?:([^/?]*)@)?([^/?@]*)(?:\/([^?]*))?(?:\?(.*))?$/s;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::([0-9]*))?$/;

/**
 * Reads a PostgreSQL URL as libpq does.
 * @returns a configuration for each host, to be tried in turn; undefined if the URL is malformed.
 */
export function parseDatabaseUrl(url: string): readonly pg.ClientConfig[] | undefined {
  const [matched, login = '', authority = '', path = '', query = ''] = FORM.exec(url.trim()) ?? [];
  if (matched === undefined) return undefined;
  try {
    const parameters = new Map(query.split('&').flatMap(readParameter));
    const [user, password] = splitOnce(login, ':').map(decodeURIComponent);
    const common: pg.ClientConfig = {
      ...optional('user', parameters.get('user') || user),
      ...optional('password', parameters.get('password') || password),
      ...optional('database', parameters.get('dbname') || decodeURIComponent(path)),
      ...optional('application_name', parameters.get('application_name')),
      ...optional('options', parameters.get('options')),
    };
    const tls = optional('ssl', readTls(parameters));
    return readHosts(authority, parameters).map((address) => ({
      ...common,
      ...address,
      // As in libpq: there is no TLS on a Unix socket.
      ...(address.host?.startsWith('/') ? {} : tls),
    }));
  } catch {
    return undefined;
  }
}

function readParameter(text: string): [string, string][] {
  const [name = '', value = ''] = splitOnce(text, '=').map(decodeURIComponent);
  return name === '' ? [] : [[name, value]];
}

/** Hosts and ports; a parameter of that name takes precedence. */
function readHosts(authority: string, parameters: ReadonlyMap<string, string>): pg.ClientConfig[] {
  const pairs = authority.split(',').map((text) => {
    const [matched, host = '', port = ''] = HOST.exec(text) ?? [];
    if (matched === undefined) throw new Error('malformed host');
    return { host: decodeURIComponent(host.replace(/^\[(.*)\]$/, '$1')), port };
  });
  const hosts = parameters.get('host')?.split(',') ?? pairs.map(({ host }) => host);
  const ports = parameters.get('port')?.split(',') ?? pairs.map(({ port }) => port);
  return hosts.map((host, index) => {
    const port = ports[ports.length === 1 ? 0 : index] ?? '';
    if (port !== '' && !(Number(port) >= 1 && Number(port) <= 65_535)) throw new Error('malformed port');
    return { ...optional('host', host), ...(port !== '' && { port: Number(port) }) };
  });
}

/** `allow` and `prefer` permit a connection without TLS, so they get one. */
function readTls(parameters: ReadonlyMap<string, string>): pg.ClientConfig['ssl'] {
  const mode = parameters.get('sslmode') ?? (parameters.get('ssl') === 'true' ? 'require' : undefined);
  const file = (name: string): string | undefined => {
    const path = parameters.get(name);
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  };
  if (mode === undefined) return undefined;
  if (mode === 'disable' || mode === 'allow' || mode === 'prefer') return false;
  // The authorities that Node.js trusts anyway. As in libpq, only with the strictest mode.
  const system = parameters.get('sslrootcert') === 'system';
  if (system && mode !== 'verify-full') throw new Error('weak sslmode');
  const ca = system ? undefined : file('sslrootcert');
  const own = { ...optional('ca', ca), ...optional('cert', file('sslcert')), ...optional('key', file('sslkey')) };
  if (mode === 'verify-full') return own;
  if (mode === 'verify-ca' || (mode === 'require' && ca !== undefined)) {
    return { ...own, checkServerIdentity: () => undefined };
  }
  if (mode === 'require' || mode === 'no-verify') return { ...own, rejectUnauthorized: false };
  throw new Error('unknown sslmode');
}

function splitOnce(text: string, separator: string): string[] {
  const index = text.indexOf(separator);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return (value === undefined || value === '' ? {} : { [name]: value }) as { [N in Name]?: Value };
}
