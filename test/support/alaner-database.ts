import pg from 'pg';
import { applySchema, type LocalPostgres } from '../../tools/services/postgres/postgres.ts';

export { applySchema };

/** Makes a database beside the others of a server, with both files in it and nobody else; the caller ends `owner`. */
export async function newDatabase(
  { ownerUrl, readerUrl }: LocalPostgres,
  name: string,
): Promise<{ owner: pg.Client; readerUrl: string }> {
  const first = new pg.Client({ connectionString: ownerUrl });
  await first.connect();
  await first.query(`create database ${name}`);
  await first.end();
  const owner = new pg.Client({ connectionString: inDatabase(ownerUrl, name) });
  await owner.connect();
  await applySchema(owner);
  return { owner, readerUrl: inDatabase(readerUrl, name) };
}

function inDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
