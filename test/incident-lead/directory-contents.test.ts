import type pg from 'pg';
import { LIMITS } from '../../functions/incident-lead/app.ts';
import type { Alaner } from '../../functions/incident-lead/directory.ts';
import { openDirectory } from '../../functions/incident-lead/postgres/directory.ts';
import { parseDatabaseUrl } from '../../functions/incident-lead/postgres/url.ts';
import { deadlineAfter } from '../../shared/deadline.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { newDatabase } from '../support/alaner-database.ts';

const UNAVAILABLE = { name: 'DirectoryUnavailable', reason: 'row' };
const GRANT = 'grant select on alaner_directory to alaner_directory_reader';

let postgres: LocalPostgres;
let databases = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** A database of its own, changed by these statements, and the look-up on it. */
async function open(statements: string, schema = 'public', login = (url: string) => url) {
  databases += 1;
  const { owner, readerUrl } = await newDatabase(postgres, `contents_${databases}`);
  await owner.query(statements);
  const { directory } = openDirectory(
    { database: { kind: 'url', hosts: parseDatabaseUrl(login(readerUrl)) ?? [] }, schema, poolMax: 1 },
    LIMITS.database,
    () => {},
  );
  const find = async (slackId: string): Promise<readonly Alaner[] | undefined> =>
    (await directory.find([slackId], deadlineAfter(LIMITS.answerMs))).get(slackId);
  return { find, owner };
}

/** The view, with one row of these expressions. */
function viewOf(slackId: string, email: string, roles = "'{}'::text[]"): string {
  return `drop view alaner_directory; create view alaner_directory (slack_id, email, roles)
    as select ${slackId}, ${email}, ${roles}; ${GRANT}`;
}

async function closing(owner: pg.Client, work: Promise<unknown>): Promise<unknown> {
  return work.finally(() => owner.end());
}

describe('an e-mail address', () => {
  it.each([
    ['empty', "''"],
    ['a megabyte long', "repeat('x', 1000000)"],
    ['over 320 characters', "repeat('x', 321)"],
    ['with a blank', "'ada @example.com'"],
    ['with a line feed', "E'ada@example.com\\n'"],
    ['with a no-break space', "U&'ada\\00A0@example.com'"],
    ['with an escape', "E'\\x1b[2J@example.com'"],
    ['with text that turns around', "U&'ada\\202E@example.com'"],
    ['null', 'null::text'],
  ])('that is %s makes the directory unavailable', async (_, email) => {
    const { find, owner } = await open(viewOf("'U1'::text", email));
    await closing(owner, expect(find('U1')).rejects.toMatchObject(UNAVAILABLE));
  });

  it.each([
    ['320 characters', "repeat('x', 320)", 'x'.repeat(320)],
    ['letters beyond ASCII', "'zoë@bücher.example'", 'zoë@bücher.example'],
    ['a column of varchar', "'ada@example.com'::varchar(50)", 'ada@example.com'],
  ])('of %s is as it is', async (_, email, expected) => {
    const { find, owner } = await open(viewOf("'U1'::text", email));
    expect(await find('U1')).toMatchObject([{ email: expected }]);
    await owner.end();
  });
});

describe('a Slack id', () => {
  it('may be char(20), which PostgreSQL pads', async () => {
    const { find, owner } = await open(viewOf("'U1'::char(20)", "'ada@example.com'"));
    expect(await find('U1')).toEqual([{ slackId: 'U1', email: 'ada@example.com', roles: [] }]);
    await owner.end();
  });

  it('of another letter case, which nobody asked for, makes the directory unavailable', async () => {
    const { find, owner } = await open(`
      create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      ${viewOf("'u1'::text collate any_case", "'ada@example.com'")}`);
    await closing(owner, expect(find('U1')).rejects.toMatchObject(UNAVAILABLE));
  });
});

describe('the view', () => {
  it('is the one of DB_SCHEMA, whatever is there in the schema that search_path names first', async () => {
    const { find, owner } = await open(
      `insert into alaner (email, slack_id) values ('ada@example.com', 'U1');
      create role mallory login password 'mallory' in role alaner_directory_reader;
      create schema mallory;
      create view mallory.alaner_directory (slack_id, email, roles)
        as select 'U1'::text, 'eve@example.com'::text, array['AlanToolsBackendIamManager'];
      grant usage on schema mallory to public;
      grant select on mallory.alaner_directory to public`,
      'public',
      (url) => Object.assign(new URL(url), { username: 'mallory', password: 'mallory' }).href,
    );
    expect(await find('U1')).toEqual([{ slackId: 'U1', email: 'ada@example.com', roles: [] }]);
    await owner.end();
  });

  it('may be in a schema of any name', async () => {
    const { find, owner } = await open(
      `create schema "Tools, ""too"""; alter view alaner_directory set schema "Tools, ""too""";
      grant usage on schema "Tools, ""too""" to alaner_directory_reader;
      insert into alaner (email, slack_id) values ('ada@example.com', 'U1')`,
      'Tools, "too"',
    );
    expect(await find('U1')).toHaveLength(1);
    await owner.end();
  });

  it('that is in another schema is named as missing', async () => {
    const { find, owner } = await open('select 1', 'nowhere');
    await closing(owner, expect(find('U1')).rejects.toMatchObject({ reason: '42P01' }));
  });
});

it.each(['26000', '42P05', '0A000', '57P01'])('heals SQLSTATE %s within the look-up', async (code) => {
  // A sequence counts across transactions that fail: only the first look-up meets the error.
  const { find, owner } = await open(`create sequence looked_up; grant usage on sequence looked_up to public;
    create function fails_once() returns boolean language plpgsql as $$ begin
      if nextval('public.looked_up') = 1 then raise exception using errcode = '${code}'; end if; return true; end $$;
    ${viewOf("'U1'::text", "'ada@example.com'")};
    create or replace view alaner_directory (slack_id, email, roles)
      as select 'U1'::text, 'ada@example.com'::text, '{}'::text[] where fails_once()`);
  expect(await find('U1')).toHaveLength(1);
  await owner.end();
});
