import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { applySchema, newDatabase } from '../support/alaner-database.ts';

let postgres: LocalPostgres;

// The first database of a server makes the role; all others find it there.
beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres?.stop());

describe('the files of the schema', () => {
  it('can be applied twice, and where the role exists already', async () => {
    const { owner: client } = await newDatabase(postgres, 'twice');
    await applySchema(client);
    await client.end();
  });

  it('can be applied by an owner who may not create roles, where the role exists', async () => {
    const { owner } = await newDatabase(postgres, 'plain');
    const { password } = new URL(postgres.ownerUrl);
    await owner.query(`create role plain login password '${password}'; grant create on schema public to plain`);
    await owner.query('drop view alaner_directory; drop table alaner_role, alaner');
    const { href } = Object.assign(new URL(postgres.ownerUrl), { username: 'plain', pathname: '/plain' });
    const client = new pg.Client({ connectionString: href });
    await client.connect();
    await applySchema(client);
    await applySchema(client);
    await client.end();
    await owner.end();
  });

  it('show an alaner without roles, and none without a Slack id', async () => {
    const { owner: client } = await newDatabase(postgres, 'shown');
    await client.query(`insert into alaner (id, email, slack_id) values
        ('00000000-0000-4000-8000-000000000001', 'a@example.com', 'U1'), ('00000000-0000-4000-8000-000000000002', 'b@example.com', null),
        ('00000000-0000-4000-8000-000000000003', 'c@example.com', 'U3'), ('00000000-0000-4000-8000-000000000004', 'd@example.com', 'U3');
      insert into alaner_role values ('00000000-0000-4000-8000-000000000003', 'B'), ('00000000-0000-4000-8000-000000000003', 'A')`);
    const { rows } = await client.query('select * from alaner_directory order by email');
    await client.end();
    expect(rows).toEqual([
      { slack_id: 'U1', email: 'a@example.com', roles: [] },
      { slack_id: 'U3', email: 'c@example.com', roles: ['A', 'B'] },
      { slack_id: 'U3', email: 'd@example.com', roles: [] },
    ]);
  });

  it('grant the reader the view, to read, and nothing else', async () => {
    const { owner } = await newDatabase(postgres, 'granted');
    const { rows } = await owner.query(`select table_name, privilege_type from information_schema.role_table_grants
      where grantee in ('alaner_directory_reader', 'PUBLIC') and table_schema = 'public'`);
    await owner.end();
    expect(rows).toEqual([{ table_name: 'alaner_directory', privilege_type: 'SELECT' }]);
  });

  it.each([
    ['select * from alaner'],
    ['select * from alaner_role'],
    ["insert into alaner_directory values ('U', 'e', '{}')"],
    ["update alaner_directory set email = 'x'"],
    ['delete from alaner_directory'],
    ['create table mine (a int)'],
    ['create view mine as select 1'],
    ['drop view alaner_directory'],
    ['create role mine'],
  ])('let the reader do nothing but read the view: %s', async (statement) => {
    const reader = new pg.Client({ connectionString: postgres.readerUrl });
    await reader.connect();
    const done = reader.query(statement);
    await expect(done).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|55000)$/) });
    expect((await reader.query('select email from alaner_directory order by 1 limit 1')).rows).toEqual([
      { email: 'ada@example.com' },
    ]);
    await reader.end();
  });
});
