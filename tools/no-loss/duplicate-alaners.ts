import pg from 'pg';
import type { LocalPostgres } from '../services/postgres/postgres.ts';
import { TWINS } from './event-plan.ts';

/** Adds what a run needs to the sample alaners. */
export async function addDuplicateAlaners({ ownerUrl }: LocalPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query(TWINS);
  await client.end();
}
