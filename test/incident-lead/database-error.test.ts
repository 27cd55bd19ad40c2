import pg from 'pg';
import { DatabaseFault, type Retry, toDatabaseFault } from '../../functions/incident-lead/postgres/errors.ts';

function server(code: string): Error {
  return Object.assign(new pg.DatabaseError('the password is hunter2', 1, 'error'), { code });
}

function network(code: string): Error {
  return Object.assign(new Error('connect to ada:hunter2@db'), { code });
}

describe('toDatabaseFault', () => {
  const people = 'apply schemas/alaner-directory.sql';

  it.each<[string, unknown, string, Retry, string]>([
    ['connection refused', network('ECONNREFUSED'), 'ECONNREFUSED', 'connection', 'no connection'],
    [
      'refused on both address families',
      new AggregateError([network('ECONNREFUSED')]),
      'ECONNREFUSED',
      'connection',
      'no connection',
    ],
    ['reset', network('ECONNRESET'), 'ECONNRESET', 'connection', 'no connection'],
    ['broken pipe', network('EPIPE'), 'EPIPE', 'connection', 'no connection'],
    ['unreachable', network('EHOSTUNREACH'), 'EHOSTUNREACH', 'connection', 'no connection'],
    ['name not found', network('ENOTFOUND'), 'ENOTFOUND', 'connection', 'no connection'],
    [
      'TLS refused',
      network('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'),
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      'connection',
      'no connection',
    ],
    ['too many connections', server('53300'), '53300', 'never', 'the server has no connection left'],
    ['statement timeout', server('57014'), '57014', 'never', 'the statement took too long'],
    ['backend terminated', server('57P01'), '57P01', 'once', 'the server ended the connection'],
    ['crash', server('57P02'), '57P02', 'once', 'the server ended the connection'],
    ['starting up', server('57P03'), '57P03', 'once', 'the server ended the connection'],
    ['connection failure', server('08006'), '08006', 'once', 'the server ended the connection'],
    ['no view', server('42P01'), '42P01', 'never', people],
    ['no column', server('42703'), '42703', 'never', people],
    ['no grant', server('42501'), '42501', 'never', people],
    ['view changed under a prepared statement', server('0A000'), '0A000', 'once', 'the server ended the connection'],
    ['no log-in', server('28P01'), '28P01', 'once', 'refuses the login'],
    ['outdated token', server('28000'), '28000', 'once', 'refuses the login'],
    ['no database', server('3D000'), '3D000', 'never', 'does not exist'],
    ['NUL in a parameter', server('22021'), '22021', 'never', 'the server refused'],
    ['out of memory', server('53200'), '53200', 'never', 'the server refused'],
    ['pool exhausted', new Error('timeout exceeded when trying to connect'), 'pool_exhausted', 'never', 'in use'],
    [
      'connect timeout',
      new Error('Connection terminated due to connection timeout'),
      'connect_timeout',
      'connection',
      'no connection',
    ],
    ['client timeout', new Error('Query read timeout'), 'query_timeout', 'connection', 'did not answer the query'],
    ['no TLS', new Error('The server does not support SSL connections'), 'no_tls', 'never', 'the server has no TLS'],
    ['a code that is none', server('x\u001b hunter2'), 'server', 'never', 'the server refused'],
    ['a network code that is none', network('a b'), 'connection_lost', 'connection', 'no connection'],
    ['prepared statement lost', server('26000'), '26000', 'once', 'the server ended the connection'],
    ['prepared statement kept', server('42P05'), '42P05', 'once', 'the server ended the connection'],
    [
      'connection gone',
      new Error('Connection terminated unexpectedly'),
      'connection_lost',
      'connection',
      'no connection',
    ],
    [
      'connection gone before',
      new Error('Client has encountered a connection error and is not queryable'),
      'connection_lost',
      'connection',
      'no connection',
    ],
    [
      'pool replaced meanwhile',
      new Error('Cannot use a pool after calling end on the pool'),
      'connection_lost',
      'connection',
      'no connection',
    ],
    ['no error at all', undefined, 'connection_lost', 'connection', 'no connection'],
  ])('%s', (_, thrown, reason, retry, explanation) => {
    const fault = toDatabaseFault(thrown);
    expect(fault).toMatchObject({ name: 'DatabaseFault', reason, retry });
    expect(fault.message).toContain(explanation);
    expect(fault.message).toContain(`(${reason})`);
    expect(fault.message).not.toContain('hunter2');
  });

  it('leaves its own errors alone', () => {
    const fault = new DatabaseFault('deadline', 'the server did not answer in time');
    expect(toDatabaseFault(fault)).toBe(fault);
    expect(fault.message).toBe('the server did not answer in time (deadline)');
  });
});
