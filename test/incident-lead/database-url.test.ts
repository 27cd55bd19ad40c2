import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDatabaseUrl } from '../../functions/incident-lead/postgres/url.ts';

it.each<[string, readonly object[]]>([
  // The examples of libpq's documentation, 34.1.1.2.
  ['postgresql://', [{}]],
  ['postgresql://localhost', [{ host: 'localhost' }]],
  ['postgresql://localhost:5433', [{ host: 'localhost', port: 5433 }]],
  ['postgresql://localhost/mydb', [{ host: 'localhost', database: 'mydb' }]],
  ['postgresql://user@localhost', [{ host: 'localhost', user: 'user' }]],
  ['postgresql://user:secret@localhost', [{ host: 'localhost', user: 'user', password: 'secret' }]],
  [
    'postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp',
    [{ host: 'localhost', user: 'other', database: 'otherdb', application_name: 'myapp' }],
  ],
  [
    'postgresql://host1:123,host2:456/somedb?target_session_attrs=any&application_name=myapp',
    [
      { host: 'host1', port: 123, database: 'somedb', application_name: 'myapp' },
      { host: 'host2', port: 456, database: 'somedb', application_name: 'myapp' },
    ],
  ],
  ['postgresql:///mydb?host=localhost&port=5433', [{ host: 'localhost', port: 5433, database: 'mydb' }]],
  ['postgresql://[2001:db8::1234]/database', [{ host: '2001:db8::1234', database: 'database' }]],
  ['postgresql:///dbname?host=/var/lib/postgresql', [{ host: '/var/lib/postgresql', database: 'dbname' }]],
  ['postgresql://%2Fvar%2Flib%2Fpostgresql/dbname', [{ host: '/var/lib/postgresql', database: 'dbname' }]],
  [
    'postgresql://user@localhost:5433/mydb?options=-c%20synchronous_commit%3Doff',
    [{ host: 'localhost', port: 5433, user: 'user', database: 'mydb', options: '-c synchronous_commit=off' }],
  ],
  ['postgres://me@/db?host=/var/run/postgresql', [{ host: '/var/run/postgresql', user: 'me', database: 'db' }]],
  ['postgres:///?dbname=a&user=b&password=c%26d', [{ user: 'b', password: 'c&d', database: 'a' }]],
  ['postgres:///d?host=/run/pg&sslmode=require', [{ host: '/run/pg', database: 'd' }]],
  ['postgres://h/d?sslmode=verify-full&sslrootcert=system', [{ host: 'h', database: 'd', ssl: {} }]],
  ['postgres://u:p%40ss%3Aw@h/d', [{ host: 'h', user: 'u', password: 'p@ss:w', database: 'd' }]],
  [
    'postgres://h/d?host=a,b&port=1',
    [
      { host: 'a', port: 1, database: 'd' },
      { host: 'b', port: 1, database: 'd' },
    ],
  ],
  ['postgres://h/d?hostaddr=10.0.0.1', [{ host: '10.0.0.1', database: 'd' }]],
  [
    'postgres://u@/d?hostaddr=::1,10.0.0.2&port=6000',
    [
      { host: '::1', port: 6000, user: 'u', database: 'd' },
      { host: '10.0.0.2', port: 6000, user: 'u', database: 'd' },
    ],
  ],
  [
    'postgres://a,b/d?hostaddr=,10.0.0.2&sslmode=verify-full',
    [
      { host: 'a', database: 'd', ssl: {} },
      { host: '10.0.0.2', database: 'd', ssl: { servername: 'b' } },
    ],
  ],
])('reads %s', (url, expected) => {
  expect(parseDatabaseUrl(url)).toEqual(expected);
});

it.each([
  '',
  'hunter2',
  'mysql://h/d',
  'postgres:/h/d',
  'postgres://h:0/d',
  'postgres://h:65536/d',
  'postgres://h:x/d',
  'postgres://h/d?port=1e3',
  'postgres://a,b/d?port=1,2,3',
  'postgres://a,b/d?hostaddr=10.0.0.1',
  'postgres://[::1/d',
  'postgres://h/%zz',
  'postgres://h/d?sslmode=sometimes',
  'postgres://h/d?sslmode=require&sslrootcert=system',
  'postgres://h/d?sslmode=verify-ca&sslrootcert=/nowhere/ca.pem',
])('refuses %j', (url) => {
  expect(parseDatabaseUrl(url)).toBeUndefined();
});

describe('sslmode', () => {
  const ca = join(tmpdir(), `ca-${process.pid}.pem`);
  beforeAll(() => writeFileSync(ca, 'certificate'));

  it.each([
    ['disable', false],
    ['allow', false],
    ['prefer', false],
    ['require', { rejectUnauthorized: false }],
    ['verify-full', {}],
    ['verify-full&sslrootcert', { ca: 'certificate' }],
    ['verify-ca&sslrootcert', { ca: 'certificate', checkServerIdentity: expect.any(Function) }],
    ['require&sslrootcert', { ca: 'certificate', checkServerIdentity: expect.any(Function) }],
  ])('%s means %j', (mode, expected) => {
    const [config] =
      parseDatabaseUrl(`postgres://h/d?sslmode=${mode.replace('sslrootcert', `sslrootcert=${ca}`)}`) ?? [];
    expect(config?.ssl).toEqual(expected);
  });
});
