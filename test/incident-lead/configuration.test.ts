import { readLeadConfig } from '../../functions/incident-lead/config.ts';
import { ConfigurationError, readLogConfig } from '../../shared/environment.ts';

const URL = 'postgres://u:hunter2@db.example.com:5432/alan';
const HOSTS = [{ user: 'u', password: 'hunter2', host: 'db.example.com', port: 5432, database: 'alan' }];
const CLOUD_SQL = { CLOUD_SQL_INSTANCE: 'p:europe-west1:alaners', DB_USER: 'incident-lead@p.iam', DB_NAME: 'alan' };

function faultsOf(env: Record<string, string>): Record<string, string> {
  try {
    readLeadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.message).not.toContain('hunter2');
    return Object.fromEntries(error.faults.map(({ variable, expected }) => [variable, expected]));
  }
  return {};
}

describe('readLeadConfig', () => {
  it.each<[string, Record<string, string>, object]>([
    ['a URL', { DATABASE_URL: URL }, { database: { kind: 'url', hosts: HOSTS }, schema: 'public', poolMax: 2 }],
    [
      'a URL with the other scheme',
      { DATABASE_URL: 'postgresql://db/alan', DB_POOL_MAX: '999' },
      { database: { kind: 'url', hosts: [{ host: 'db', database: 'alan' }] }, poolMax: 999 },
    ],
    [
      'Cloud SQL, private by default',
      CLOUD_SQL,
      {
        database: {
          kind: 'cloud-sql',
          instance: 'p:europe-west1:alaners',
          user: 'incident-lead@p.iam',
          database: 'alan',
          ipType: 'PRIVATE',
        },
        poolMax: 2,
      },
    ],
    [
      'Cloud SQL, deployed',
      { ...CLOUD_SQL, K_SERVICE: 'incident-lead', DB_IP_TYPE: 'PSC', DB_POOL_MAX: '5', LOG_LEVEL: 'warn' },
      { database: { kind: 'cloud-sql', ipType: 'PSC' }, poolMax: 5 },
    ],
    [
      'a project within a domain',
      { ...CLOUD_SQL, CLOUD_SQL_INSTANCE: 'example.com:p:europe-west1:alaners' },
      { database: { instance: 'example.com:p:europe-west1:alaners' } },
    ],
    ['a schema', { DATABASE_URL: URL, DB_SCHEMA: 'alan "tools"' }, { schema: 'alan "tools"' }],
    ['a Unix socket', { DATABASE_URL: 'postgres://me@/db?host=/var/run/postgresql' }, {}],
    ['empty variables, as if they were not set', { DATABASE_URL: URL, CLOUD_SQL_INSTANCE: '', LOG_LEVEL: '' }, {}],
  ])('takes %s', (_, env, expected) => {
    expect(readLeadConfig(env)).toMatchObject(expected);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['nothing', {}, ['CLOUD_SQL_INSTANCE', 'DB_USER', 'DB_NAME']],
    ['a user with the domain of its account', { ...CLOUD_SQL, DB_USER: 'a@p.iam.gserviceaccount.com' }, ['DB_USER']],
    ['a schema that PostgreSQL would cut off', { DATABASE_URL: URL, DB_SCHEMA: 'x'.repeat(64) }, ['DB_SCHEMA']],
    ['no user', { ...CLOUD_SQL, DB_USER: '' }, ['DB_USER']],
    ['an instance that is none', { ...CLOUD_SQL, CLOUD_SQL_INSTANCE: 'hunter2' }, ['CLOUD_SQL_INSTANCE']],
    ['another address type', { ...CLOUD_SQL, DB_IP_TYPE: 'hunter2' }, ['DB_IP_TYPE']],
    ['no connection at all', { DATABASE_URL: URL, DB_POOL_MAX: '0' }, ['DB_POOL_MAX']],
    ['half a connection', { DATABASE_URL: URL, DB_POOL_MAX: '1.5' }, ['DB_POOL_MAX']],
    ['a pool of words', { DATABASE_URL: URL, DB_POOL_MAX: 'hunter2' }, ['DB_POOL_MAX']],
    ['a URL that is none', { DATABASE_URL: 'hunter2' }, ['DATABASE_URL']],
    ['a URL of another database', { DATABASE_URL: 'mysql://u:hunter2@db/alan' }, ['DATABASE_URL']],
    ['another log level', { DATABASE_URL: URL, LOG_LEVEL: 'hunter2' }, ['LOG_LEVEL']],
    ['a URL beside an instance', { ...CLOUD_SQL, DATABASE_URL: URL }, ['DATABASE_URL']],
    [
      'a URL, deployed',
      { DATABASE_URL: URL, K_SERVICE: 'incident-lead' },
      ['CLOUD_SQL_INSTANCE', 'DB_USER', 'DB_NAME', 'DATABASE_URL'],
    ],
    [
      'everything, all at once',
      { CLOUD_SQL_INSTANCE: 'x', DB_USER: 'a b', DB_IP_TYPE: 'x', DB_POOL_MAX: 'x', LOG_LEVEL: 'x' },
      ['CLOUD_SQL_INSTANCE', 'DB_USER', 'DB_NAME', 'DB_IP_TYPE', 'DB_POOL_MAX', 'LOG_LEVEL'],
    ],
  ])('refuses %s', (_, env, variables) => {
    expect(Object.keys(faultsOf(env))).toEqual(variables);
  });

  it.each(['PUBSUB_EMULATOR_HOST', 'SECRET_MANAGER_EMULATOR_HOST'])('refuses %s where it is deployed', (variable) => {
    expect(Object.keys(faultsOf({ ...CLOUD_SQL, [variable]: 'localhost:1', K_SERVICE: 'incident-lead' }))).toEqual([
      variable,
    ]);
    expect(faultsOf({ ...CLOUD_SQL, [variable]: 'localhost:1' })).toEqual({});
  });
});

describe('readLogConfig', () => {
  it.each<[string, Record<string, string>, object]>([
    ['no variable', {}, { level: 'info', project: undefined, service: 'local', version: 'local' }],
    ['a log level', { LOG_LEVEL: 'error' }, { level: 'error' }],
    ['a wrong log level', { LOG_LEVEL: 'loud' }, { level: 'info' }],
    ['a project', { ...CLOUD_SQL, GOOGLE_CLOUD_PROJECT: 'q' }, { project: 'q' }],
    ['the project of the instance', CLOUD_SQL, { project: 'p' }],
    ['a deployed function', { K_SERVICE: 's', K_REVISION: 's-1' }, { service: 's', version: 's-1' }],
  ])('reads %s', (_, env, expected) => {
    expect(readLogConfig(env)).toMatchObject(expected);
  });
});
