import pg from 'pg';
import type { LocalPostgres } from './postgres.ts';

/** Crashes one server process with SIGKILL, upon which PostgreSQL ends all others, recovers and starts again. */
export async function crashPostgres({ ownerUrl }: LocalPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = rows[0]?.pid;
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  await client.end().catch(() => {});
}
