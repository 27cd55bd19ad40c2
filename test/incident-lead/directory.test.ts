import pg from 'pg';
import { LIMITS } from '../../functions/incident-lead/app.ts';
import type { Alaners } from '../../functions/incident-lead/directory.ts';
import { findAlanersSql, openDirectory } from '../../functions/incident-lead/postgres/directory.ts';
import { parseDatabaseUrl } from '../../functions/incident-lead/postgres/url.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { applySchema, newDatabase } from '../support/alaner-database.ts';
import { roundTripsIn } from '../support/postgres-protocol.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let postgres: LocalPostgres;
let proxy: TcpProxy;
let owner: pg.Client;
let sent: Buffer[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  owner = new pg.Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  proxy = await startTcpProxy({
    port: Number(new URL(postgres.ownerUrl).port),
    onClientData: (bytes) => sent.push(bytes),
  });
});

afterAll(async () => {
  await owner?.end();
  await proxy?.close();
  await postgres?.stop();
});

/** A look-up as the function does it, over one connection of its own through the proxy, opened by then. */
async function open(url = postgres.readerUrl): Promise<(...slackIds: string[]) => Promise<Alaners>> {
  const through = new URL(url);
  through.port = String(proxy.port);
  const { directory, connect } = openDirectory(
    { database: { kind: 'url', hosts: parseDatabaseUrl(through.href) ?? [] }, schema: 'public', poolMax: 1 },
    LIMITS.database,
    () => {},
  );
  await connect();
  sent = [];
  return (...slackIds) => directory.find(slackIds, deadlineAfter(LIMITS.answerMs));
}

const ada = { slackId: 'U01LEAD', email: 'ada@example.com', roles: [] };
const grace = { slackId: 'U02MANAGER', email: 'grace@example.com', roles: ['AlanToolsBackendIamManager'] };

describe('a look-up', () => {
  it('finds several alaners in one round trip', async () => {
    const find = await open();
    const found = await find('U01LEAD', 'U02MANAGER', 'UNOBODY', 'U01LEAD');
    expect([...found]).toEqual([
      ['U01LEAD', [ada]],
      ['U02MANAGER', [grace]],
      ['UNOBODY', []],
    ]);
    expect(roundTripsIn(sent)).toBe(1);
  });

  it('shares the round trip with those that arrive together, and gives each its own', async () => {
    const find = await open();
    const found = await Promise.all([find('U01LEAD'), find('U02MANAGER'), find('U01LEAD', 'UNOBODY')]);
    expect(found.map((alaners) => [...alaners.values()])).toEqual([[[ada]], [[grace]], [[ada], []]]);
    expect(roundTripsIn(sent)).toBe(1);
  });

  it.each([
    ["U1'; drop table alaner; --"],
    ['%'],
    ['_______'],
    ['{U01LEAD}'],
    ['"U01LEAD"'],
    ["' or '1'='1"],
    ['\\'],
    ['U01LEAD,U02MANAGER'],
    ['NULL'],
    ['u01lead'],
    ['U01LEAD '],
    ['Ü01LEAD'],
    ['\ud800'],
  ])('takes %j for a value, should it ever arrive', async (slackId) => {
    const find = await open();
    expect((await find(slackId, 'U01LEAD')).get(slackId)).toEqual([]);
    expect((await owner.query('select count(*)::int as count from alaner')).rows).toEqual([{ count: 3 }]);
  });

  it('has its own answer for NUL, and the next one is fine', async () => {
    const find = await open();
    await expect(find('U1\u0000')).rejects.toMatchObject({ reason: '22021', retry: 'never' });
    expect((await find('U01LEAD')).get('U01LEAD')).toEqual([ada]);
  });

  it.each<[string, string, string[] | undefined]>([
    ['roles that are null', 'null::text[]', []],
    ['no roles', "'{}'::text[]", []],
    ['roles that hold null', "array[null, 'AlanToolsBackendIamManager', null]", ['AlanToolsBackendIamManager']],
    ['roles of varchar', "array['A']::varchar[]", ['A']],
    ['roles of name', "array['A']::name[]", ['A']],
    ['roles of an enum', "array['A']::role_kind[]", ['A']],
    ['roles as text of an array', "'{A,B}'::text", ['A', 'B']],
    ['roles as JSON', `'["AlanToolsBackendIamManager"]'::jsonb`, undefined],
  ])('reads %s', async (_, roles, expected) => {
    const { owner: client, readerUrl } = await newDatabase(postgres, `roles_${Math.random().toString(36).slice(2)}`);
    await client.query(`create type role_kind as enum ('A'); drop view alaner_directory;
      create view alaner_directory (slack_id, email, roles) as select 'U1'::text, 'a@example.com'::text, ${roles};
      grant select on alaner_directory to alaner_directory_reader`);
    await client.end();
    const looking = (await open(readerUrl))('U1').then((found) => found.get('U1')?.map((alaner) => alaner.roles));
    if (expected) expect(await looking).toEqual([expected]);
    else await expect(looking).rejects.toMatchObject({ reason: '42846' });
  });

  it('fails those alone who asked for a row without an e-mail address', async () => {
    const { owner: client, readerUrl } = await newDatabase(postgres, 'bad_row');
    await client.query(`create or replace view alaner_directory (slack_id, email, roles) as
      values ('U1'::text, null::text, '{}'::text[]), ('U2', 'b@example.com', '{}'), (null, 'c@example.com', '{}')`);
    await client.end();
    const find = await open(readerUrl);
    const [bad, good] = await Promise.allSettled([find('U1', 'U2'), find('U2')]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { reason: 'row' } });
    expect(good).toMatchObject({ status: 'fulfilled' });
    expect(roundTripsIn(sent)).toBe(1);
  });

  it('gives each its own deadline, and the round trip the longest', async () => {
    const { directory } = openDirectory(
      { database: { kind: 'url', hosts: parseDatabaseUrl(postgres.readerUrl) ?? [] }, schema: 'public', poolMax: 1 },
      LIMITS.database,
      () => {},
    );
    const [late, good] = await Promise.allSettled([
      directory.find(['U01LEAD'], deadlineAfter(0)),
      directory.find(['U01LEAD'], deadlineAfter(LIMITS.answerMs)),
    ]);
    expect(late).toMatchObject({ status: 'rejected', reason: { reason: 'deadline' } });
    expect(good).toMatchObject({ status: 'fulfilled' });
  });

  it('uses the index among many alaners', async () => {
    const { owner: client } = await newDatabase(postgres, 'many');
    await client.query(`insert into alaner (email, slack_id) select n || '@example.com', 'UX' || n from generate_series(1, 20000) n;
      insert into alaner_role select id, role from alaner, unnest(array['A', 'B', 'C']) role; analyze`);
    const { rows } = await client.query(`explain (format text) ${findAlanersSql('public')}`, [['UX5', 'UX77']]);
    await client.end();
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('alaner_slack_id');
    expect(plan).not.toContain('Seq Scan');
  });
});

describe('a view that is not there as it should be', () => {
  it.each<[string, string, string, string]>([
    ['missing', '42P01', 'drop view alaner_directory', 'select 1'],
    [
      'without a column',
      '42703',
      'drop view alaner_directory; create view alaner_directory as select slack_id, email from alaner; grant select on alaner_directory to alaner_directory_reader',
      'drop view alaner_directory',
    ],
    ['without the grant', '42501', 'revoke select on alaner_directory from alaner_directory_reader', 'select 1'],
  ])('is a fault that people repair, and the next look-up is fine: %s', async (_, code, damage, clear) => {
    const { owner: client, readerUrl } = await newDatabase(postgres, `view_${code.toLowerCase()}`);
    await client.query("insert into alaner (email, slack_id) values ('a@example.com', 'U1')");
    const find = await open(readerUrl);
    expect((await find('U1')).get('U1')).toHaveLength(1);
    await client.query(damage);
    await expect(find('U1')).rejects.toMatchObject({ reason: code, retry: 'never' });
    await client.query(clear);
    await applySchema(client);
    expect((await find('U1')).get('U1')).toHaveLength(1);
    await client.end();
  });

  it('is no fault where its columns changed between two look-ups', async () => {
    const { owner: client, readerUrl } = await newDatabase(postgres, 'replaced');
    await client.query("insert into alaner (email, slack_id) values ('a@example.com', 'U1')");
    const find = await open(readerUrl);
    await find('U1');
    await client.query(`drop view alaner_directory;
      create view alaner_directory as select slack_id, email::varchar(100), '{}'::text[] as roles from alaner;
      grant select on alaner_directory to alaner_directory_reader`);
    await client.end();
    expect((await find('U1')).get('U1')).toEqual([{ slackId: 'U1', email: 'a@example.com', roles: [] }]);
  });
});
