import pg from 'pg';
import { DatabaseUnavailable, toDatabaseUnavailable } from '../../functions/incident-lead/postgres/errors.ts';

function server(code: string): Error {
  return Object.assign(new pg.DatabaseError('the password is hunter2', 1, 'error'), { code });
}

function network(code: string): Error {
  return Object.assign(new Error('connect to ada:hunter2@db'), { code });
}

describe('toDatabaseUnavailable', () => {
  const people = 'apply schemas/alaner-directory.sql';

  it.each<[string, unknown, string, boolean, string]>([
    ['connection refused', network('ECONNREFUSED'), 'ECONNREFUSED', true, 'no connection'],
    [
      'refused on both address families',
      new AggregateError([network('ECONNREFUSED')]),
      'ECONNREFUSED',
      true,
      'no connection',
    ],
    ['reset', network('ECONNRESET'), 'ECONNRESET', true, 'no connection'],
    ['broken pipe', network('EPIPE'), 'EPIPE', true, 'no connection'],
    ['unreachable', network('EHOSTUNREACH'), 'EHOSTUNREACH', true, 'no connection'],
    ['name not found', network('ENOTFOUND'), 'ENOTFOUND', true, 'no connection'],
    [
      'TLS refused',
      network('ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED'),
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
      true,
      'no connection',
    ],
    ['too many connections', server('53300'), '53300', false, 'the server has no connection left'],
    ['statement timeout', server('57014'), '57014', false, 'the statement took too long'],
    ['backend terminated', server('57P01'), '57P01', true, 'the server ended the connection'],
    ['crash', server('57P02'), '57P02', true, 'the server ended the connection'],
    ['starting up', server('57P03'), '57P03', true, 'the server ended the connection'],
    ['connection failure', server('08006'), '08006', true, 'the server ended the connection'],
    ['no view', server('42P01'), '42P01', false, people],
    ['no column', server('42703'), '42703', false, people],
    ['no grant', server('42501'), '42501', false, people],
    ['view changed under a prepared statement', server('0A000'), '0A000', true, 'the server ended the connection'],
    ['no log-in', server('28P01'), '28P01', true, 'does not let the user in'],
    ['outdated token', server('28000'), '28000', true, 'does not let the user in'],
    ['no database', server('3D000'), '3D000', false, 'does not exist'],
    ['NUL in a parameter', server('22021'), '22021', false, 'the server refused'],
    ['out of memory', server('53200'), '53200', false, 'the server refused'],
    ['pool exhausted', new Error('timeout exceeded when trying to connect'), 'pool_exhausted', false, 'in use'],
    [
      'connect timeout',
      new Error('Connection terminated due to connection timeout'),
      'connect_timeout',
      true,
      'no connection',
    ],
    ['client timeout', new Error('Query read timeout'), 'query_timeout', true, 'no connection'],
    ['connection gone', new Error('Connection terminated unexpectedly'), 'connection_lost', true, 'no connection'],
    [
      'connection gone before',
      new Error('Client has encountered a connection error and is not queryable'),
      'connection_lost',
      true,
      'no connection',
    ],
    [
      'pool replaced meanwhile',
      new Error('Cannot use a pool after calling end on the pool'),
      'connection_lost',
      true,
      'no connection',
    ],
    ['no error at all', undefined, 'connection_lost', true, 'no connection'],
  ])('%s', (_, thrown, reason, lostConnection, explanation) => {
    const fault = toDatabaseUnavailable(thrown);
    expect(fault).toMatchObject({ name: 'DatabaseUnavailable', reason, lostConnection, cause: thrown });
    expect(fault.message).toContain(explanation);
    expect(fault.message).toContain(`(${reason})`);
    expect(fault.message).not.toContain('hunter2');
  });

  it('leaves its own errors alone', () => {
    const fault = new DatabaseUnavailable('deadline', 'the server did not answer in time');
    expect(toDatabaseUnavailable(fault)).toBe(fault);
    expect(fault.message).toBe('The alaner directory cannot be read: the server did not answer in time (deadline).');
  });
});
