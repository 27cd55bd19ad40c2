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
    const tls = readTls(parameters);
    return readHosts(authority, parameters).map(({ name, address, port }) => {
      // As in libpq: the certificate is for the name, and there is no TLS on a Unix socket.
      const ssl = typeof tls === 'object' && name !== '' && address !== '' ? { ...tls, servername: name } : tls;
      const host = address || name;
      return { ...common, ...optional('host', host), ...port, ...(!host.startsWith('/') && optional('ssl', ssl)) };
    });
  } catch {
    return undefined;
  }
}

function readParameter(text: string): [string, string][] {
  const [name = '', value = ''] = splitOnce(text, '=').map(decodeURIComponent);
  return name === '' ? [] : [[name, value]];
}

/** Names, addresses and ports; a parameter of that name takes precedence. An address spares the look-up of the name. */
function readHosts(authority: string, parameters: ReadonlyMap<string, string>) {
  const pairs = authority.split(',').map((text) => {
    const [matched, host = '', port = ''] = HOST.exec(text) ?? [];
    if (matched === undefined) throw new Error('malformed host');
    return { host: decodeURIComponent(host.replace(/^\[(.*)\]$/, '$1')), port };
  });
  const names = parameters.get('host')?.split(',') ?? pairs.map(({ host }) => host);
  const addresses = parameters.get('hostaddr')?.split(',') ?? names.map(() => '');
  const ports = parameters.get('port')?.split(',') ?? pairs.map(({ port }) => port);
  // Addresses may stand alone.
  if (addresses.length !== names.length && names.join('') !== '')
    throw new Error('names and addresses differ in number');
  if (ports.length !== 1 && ports.length !== addresses.length) throw new Error('hosts and ports differ in number');
  return addresses.map((address, index) => {
    const port = ports[ports.length === 1 ? 0 : index] ?? '';
    if (!/^[0-9]*$/.test(port) || (port !== '' && !(Number(port) >= 1 && Number(port) <= 65_535))) {
      throw new Error('malformed port');
    }
    return { name: names[index] ?? '', address, port: optional('port', port === '' ? undefined : Number(port)) };
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
