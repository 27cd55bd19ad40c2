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
  it.each<[name: string, change: Change, message: RegExp, schema?: string]>([
    ['no server', (url) => Object.assign(url, { port: '1' }), /Correct the URL, or unset DATABASE_URL/],
    ['no TLS', (url) => url.searchParams.set('sslmode', 'require'), /has no TLS.* Leave sslmode out/],
    ['a wrong password', (url) => Object.assign(url, { password: 'hunter2' }), /28P01\)\. Correct user and password/],
    ['no password', (url) => Object.assign(url, { password: '' }), /28P01\)\. Correct user and password/],
    ['an unknown user', (url) => Object.assign(url, { username: 'nobody' }), /28P01\)\. Correct user/],
    ['an unknown database', (url) => Object.assign(url, { pathname: '/none' }), /3D000\)\. Correct the database name/],
    ['a user without a grant', (url) => Object.assign(url, { username: 'stranger' }), /42501\)\. Grant alaner_dir/],
    ['a schema without the view', () => {}, /42P01\)\. For a trial, apply/, 'none'],
    ['a view without its columns', () => {}, /42703\)\. For a trial, apply/, 'elsewhere'],
    [
      'no such Unix socket',
      (url) => url.searchParams.set('host', '/nowhere'),
      /Correct the URL, or unset DATABASE_URL/,
    ],
  ])('%s', async (_, change, message, schema = 'public') => {
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
