import pg from 'pg';
import { openDirectory } from '../../../tools/services/postgres/directory.ts';
import { type LocalPostgres, startPostgres } from '../../../tools/services/postgres/postgres.ts';
import { makeTemporaryFolder } from '../../../tools/services/temporary-folder.ts';

const SUPERVISION = { onRestart: () => {}, onLost: () => {} };
let postgres: LocalPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
  const owner = new pg.Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  const { password } = new URL(postgres.readerUrl);
  await owner.query(`create role stranger login password '${password}'; create schema elsewhere;
    create view elsewhere.alaner_directory as select slack_id from alaner; grant usage on schema elsewhere to public;
    grant select on elsewhere.alaner_directory to public`);
  await owner.end();
});

afterAll(() => postgres?.stop());

const open = (url: string, schema = 'public') => openDirectory({ url, schema }, SUPERVISION);

it('takes a database that the function can read, and shows no password', async () => {
  const url = `${postgres.readerUrl}?sslmode=prefer`;
  const { port } = new URL(url);
  expect(await open(url)).toMatchObject({
    ...{ url, schema: 'public', description: `DATABASE_URL, incident_lead@127.0.0.1:${port}/postgres` },
  });
  await open(url.replace('127.0.0.1', '127.0.0.1:1,127.0.0.1'));
});

describe('says what is wrong with a database, and what to do:', () => {
  type Change = (url: URL) => unknown;
  it.each<[name: string, change: Change, schema: string, message: RegExp]>([
    ['no server', (url) => Object.assign(url, { port: '1' }), 'public', /Correct the URL, or unset DATABASE_URL/],
    ['no TLS', (url) => url.searchParams.set('sslmode', 'require'), 'public', /has no TLS.* Leave sslmode out/],
    [
      'a wrong password',
      (url) => Object.assign(url, { password: 'hunter2' }),
      'public',
      /28P01\)\. Correct user and pass/,
    ],
    ['no password', (url) => Object.assign(url, { password: '' }), 'public', /28P01\)\. Correct user and password/],
    ['an unknown user', (url) => Object.assign(url, { username: 'nobody' }), 'public', /28P01\)\. Correct user/],
    [
      'an unknown database',
      (url) => Object.assign(url, { pathname: '/none' }),
      'public',
      /3D000\)\. Correct the database name/,
    ],
    [
      'a user without a grant',
      (url) => Object.assign(url, { username: 'stranger' }),
      'public',
      /42501\)\. Grant alaner_dir/,
    ],
    ['a schema without the view', () => {}, 'none', /42P01\)\. For a trial, apply/],
    ['a view without its columns', () => {}, 'elsewhere', /42703\)\. For a trial, apply/],
    [
      'no such Unix socket',
      (url) => url.searchParams.set('host', '/nowhere'),
      'public',
      /Correct the URL, or unset DATABASE_URL/,
    ],
  ])('%s', async (_, change, schema, message) => {
    const url = new URL(postgres.readerUrl);
    const { password } = url;
    change(url);
    const failure = await open(url.href, schema).catch((error: Error) => error.message);
    expect(failure).toMatch(/^DATABASE_URL \(.*\/.*\): the alaner directory cannot be read: /);
    expect(failure).toMatch(message);
    expect(failure).not.toContain(password);
    expect(failure).not.toContain('hunter2');
    expect(failure).not.toContain('\n');
  });
});

it('tells why each place for temporary files will not do', async () => {
  const refuse = async (folder: string): Promise<never> => {
    throw new Error(`no room in ${folder}`);
  };
  await expect(makeTemporaryFolder('x-', refuse)).rejects.toThrow(/^\/.*: no room in \/.*x-.*; \/var\/tmp: no room in/);
});
