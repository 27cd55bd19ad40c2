import pg from 'pg';
import { startPostgres } from '../../../tools/services/postgres/postgres.ts';

/**
 * Starts an embedded PostgreSQL with the environment of this process, and says where its data is
 * and whom it knows. Then it stops the server, unless the argument is `stay`.
 */
const postgres = await startPostgres();
const client = new pg.Client({ connectionString: postgres.readerUrl });
await client.connect();
const { rows } = await client.query('select email from alaner_directory order by email');
await client.end();
const owner = new pg.Client({ connectionString: postgres.ownerUrl });
await owner.connect();
const {
  rows: [{ data_directory: data }],
} = await owner.query('show data_directory');
await owner.end();
if (process.argv[2] !== 'stay') await postgres.stop();
console.log(JSON.stringify({ data, emails: rows.map(({ email }) => email) }));
