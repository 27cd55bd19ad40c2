import { parseTextArray } from '../../functions/incident-lead/postgres/text-array.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { newDatabase } from '../support/alaner-database.ts';

let postgres: LocalPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

it('reads every list as PostgreSQL writes it', async () => {
  const lists = [
    [],
    ['a'],
    ['a', null, 'NULL', 'null', ''],
    ['a b', 'a\tb', 'a\u00a0b', 'a,b', '{a}', '"a"', '\\', 'a\\"b', 'é💥'],
  ];
  const { owner } = await newDatabase(postgres, 'text_arrays');
  for (const list of lists) {
    const { rows } = await owner.query('select $1::text[]::text as text', [list]);
    expect(parseTextArray(rows[0].text)).toEqual(list);
  }
  expect(parseTextArray('[0:1]={a,b}')).toEqual(['a', 'b']);
  await owner.end();
});

it.each([
  '',
  '{',
  '}',
  '{a',
  'a}',
  '{a}}',
  '{{a}}',
  '{a,}',
  '{,a}',
  '{"a}',
  '{a"b"}',
  '{ a}',
  '[0:1]',
  '{a}{b}',
  'null',
])('gives back what is no list: %j', (text) => {
  expect(parseTextArray(text)).toBe(text);
});
